import { readFile } from "node:fs/promises";
import { InputError } from "../../errors/input-error.js";
import type { CreatedImage } from "../../gen/slipway/v1/image_pb.js";
import { digestPattern, parseReference } from "../../image/reference.js";
import { parseAnnotations } from "../../inputs/annotations.js";
import { writeWholeFile } from "../../util/file-sink.js";
import { registryAuth } from "../build/registry-auth.js";
import { withHost } from "../host.js";
import { goJson } from "../output/go-json.js";
import { print, printBytes } from "../output/print.js";
import { chooseProgress, openDisplay } from "../progress/open-display.js";
import { ProgressRunner } from "../progress/progress-runner.js";
import { fullPath } from "./full-path.js";

/** The flags of `imagetools create`. */
export interface ImageCreateFlags {
  annotation?: string[];
  append?: boolean;
  dryRun?: boolean;
  file?: string[];
  metadataFile?: string;
  platform?: string[];
  preferIndex: boolean;
  progress: string;
  tag?: string[];
}

/** A source of the new image: its name, if it has one, and a digest or descriptor. */
interface Source {
  text: string;
  name?: string;
  digest?: string;
  descriptor?: string;
}

/** `slipway imagetools create` */
export async function runImageCreate(given: readonly string[], flags: ImageCreateFlags): Promise<void> {
  const { annotation, append, dryRun = false, metadataFile, tag: tags = [] } = flags;
  const files = await Promise.all((flags.file ?? []).map(readSource));
  const texts = [...files, ...given];
  if (texts.length === 0) throw invalid("source", "no sources specified", "Name at least one image.");
  if (!dryRun && tags.length === 0)
    throw invalid("--tag", "can't push with no tags specified, please set --tag or --dry-run", "Add --tag.");
  const { mode } = chooseProgress(flags, { env: process.env, isTerminal: process.stderr.isTTY === true });
  const sources = [...(append && tags[0] ? [tags[0]] : []), ...texts].map(sourceOf);
  const request = {
    sources: withNames(sources, tags).map(({ name, descriptor }) => ({
      name: fullPath(name!),
      descriptorJson: Buffer.from(descriptor ?? ""),
    })),
    names: tags.map(fullPath),
    annotations: parseAnnotations("--annotation", annotation),
    platforms: (flags.platform ?? []).flatMap((text) => text.split(",")),
    keepManifest: !flags.preferIndex,
    dryRun,
  };
  const image = await withHost(async ({ images, environment, isLocal }) => {
    const auth = { environment, registryAuth: await registryAuth(isLocal) };
    let created: CreatedImage | undefined;
    let runner: ProgressRunner | undefined;
    try {
      for await (const { event } of images.createImage({ ...request, ...auth })) {
        if (event.case === "image") created = event.value;
        if (event.case !== "progress") continue;
        runner ??= new ProgressRunner(await openDisplay(mode));
        runner.update(event.value);
      }
    } finally {
      runner?.close();
    }
    return created!;
  });
  if (dryRun) {
    printBytes(image.manifest);
    return print("\n");
  }
  if (!metadataFile) return;
  const metadata = {
    "containerimage.descriptor": JSON.parse(Buffer.from(image.descriptorJson).toString()),
    "image.name": [...new Set(tags.map(repositoryOf))].sort().join(","),
  };
  await writeWholeFile(metadataFile, goJson(metadata, "  "));
}

async function readSource(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw invalid("--file", (cause as Error).message, "Give a file with a descriptor, a name or a digest.");
  }
}

/** A source is a digest, a descriptor or a name. */
function sourceOf(text: string): Source {
  if (digestPattern.test(text)) return { text, digest: text };
  if (!text.trimStart().startsWith("{")) return { text, name: text };
  let digest: unknown;
  try {
    ({ digest } = JSON.parse(text) as { digest?: unknown });
  } catch (cause) {
    throw invalidSource(text, (cause as Error).message);
  }
  if (typeof digest !== "string" || !digestPattern.test(digest))
    throw invalidSource(text, "invalid descriptor: digest is required");
  return { text, digest, descriptor: text };
}

/** Gives digests and descriptors the repository of the others; as in buildx there must be just one. */
function withNames(sources: readonly Source[], tags: readonly string[]): Source[] {
  const named = [...sources.flatMap(({ name }) => name ?? []), ...tags];
  const repositories = new Set(named.map(repositoryOf));
  const [only] = repositories;
  return sources.map((source) => {
    if (source.name !== undefined) return source;
    if (repositories.size > 1)
      throw invalidSource(source.text, "multiple repositories specified, cannot infer repository");
    if (only === undefined)
      throw invalidSource(source.text, "no repositories specified, please set a reference in tag or source");
    const isLayout = named[0]!.startsWith(layoutScheme);
    return { ...source, name: `${isLayout ? layoutScheme : ""}${only}@${source.digest}` };
  });
}

const layoutScheme = "oci-layout://";

/** A name without tag and digest. */
function repositoryOf(name: string): string {
  if (name.startsWith(layoutScheme))
    return fullPath(name)
      .slice(layoutScheme.length)
      .replace(/@[^@/]*$/, "")
      .replace(/:[^:/]*$/, "");
  const reference = parseReference(name);
  return reference ? `${reference.domain}/${reference.path}` : name;
}

function invalidSource(text: string, why: string): InputError {
  const message = `failed to parse source ${JSON.stringify(text)}, valid sources are digests, references and descriptors: ${why}`;
  return invalid(
    "source",
    message,
    "Name an image, or give a digest or a descriptor of one in the same repository.",
  );
}

function invalid(field: string, message: string, remedy: string): InputError {
  return new InputError({ reason: "IMAGE_SOURCE_INVALID", field, message, remedy });
}
