import type { VertexWarning } from "../../gen/slipway/build/v1/build_progress_pb.js";
import type { BuildResult } from "../../gen/slipway/build/v1/build_result_pb.js";
import { writeWholeFile } from "../../util/file-sink.js";
import { goJson } from "../output/go-json.js";
import { warningJson } from "../progress/raw-json.js";
import { isTrue } from "../values/is-true.js";
import { provenanceMode, slsa02 } from "./slsa.js";

/** The id of the image at its destination. Older hosts do not report it. */
export function imageId(result: BuildResult): string {
  return result.imageId || result.configDigest || result.imageDigest;
}

/** Writes the image id to `--iidfile`, without a line end. */
export async function writeIdFile(path: string, result: BuildResult): Promise<void> {
  await writeWholeFile(path, imageId(result));
}

/** Content of the metadata file in addition to the exporters' answers. */
export interface MetadataExtras {
  /** builder/node/reference of the build in BuildKit's history. */
  ref: string | undefined;
  warnings: readonly VertexWarning[];
}

/** Writes `--metadata-file`, see {@link metadataOf}. The file is written atomically. */
export async function writeMetadataFile(
  path: string,
  result: BuildResult,
  extras: MetadataExtras,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  await writeWholeFile(path, goJson(metadataOf(result, extras, env), "  "));
}

/**
 * The metadata of a build as buildx writes it. BUILDX_METADATA_PROVENANCE selects how much of the provenance it contains,
 * and BUILDX_METADATA_WARNINGS adds the warnings.
 */
export function metadataOf(
  result: BuildResult,
  { ref, warnings }: MetadataExtras,
  env: NodeJS.ProcessEnv = process.env,
): Record<string, unknown> {
  const metadata: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(result.exporterResponse)) metadata[key] = decoded(key, value);
  if (result.call) metadata["result.json"] = JSON.parse(new TextDecoder().decode(result.call.json) || "{}");
  if (ref) metadata["buildx.build.ref"] = ref;
  const mode = provenanceMode(env);
  if (mode !== "disabled") {
    for (const provenance of result.provenance) {
      const { platform } = provenance;
      metadata[`buildx.build.provenance${platform && `/${platform}`}`] = slsa02(provenance, mode);
    }
  }
  if (warnings.length > 0 && isTrue(env.BUILDX_METADATA_WARNINGS)) {
    metadata["buildx.build.warnings"] = warnings.map(warningJson);
  }
  return Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Decodes values that are base64 of a JSON object or list, such as BuildKit's descriptors. */
function decoded(key: string, value: string): unknown {
  const text = key === "result.json" ? value : Buffer.from(value, "base64").toString();
  if (key !== "result.json" && !/^[A-Za-z0-9+/]+=*$/.test(value)) return value;
  try {
    const json = JSON.parse(text);
    return typeof json === "object" && json !== null && Object.keys(json).length > 0 ? json : value;
  } catch {
    return value;
  }
}
