import type { HistoryAttachment } from "../../gen/slipway/v1/history_pb.js";
import type { Host } from "../host.js";

/** An input of a build, with buildx's keys. */
export interface Material {
  URI: string;
  Digests: string[];
}

/** The materials in the provenance of a build; empty if it has no provenance. */
export async function readMaterials(
  { history, environment }: Host,
  name: { builder?: string; ref?: string },
  attachments: HistoryAttachment[],
): Promise<Material[]> {
  const provenance = attachments.find(({ type }) => type.startsWith("https://slsa.dev/provenance/"));
  if (!provenance) return [];
  const chunks: Uint8Array[] = [];
  const request = { ...name, environment, digest: provenance.digest };
  for await (const { data } of history.readHistoryAttachment(request)) chunks.push(data);
  const text = Buffer.concat(chunks).toString();
  const { materials, buildDefinition } = JSON.parse(text) as Predicate;
  return (buildDefinition?.resolvedDependencies ?? materials ?? []).map(({ uri, digest = {} }) => ({
    URI: uri,
    Digests: Object.entries(digest).map(([algorithm, hex]) => `${algorithm}:${hex}`),
  }));
}

/** A predicate of SLSA provenance 1.0, or 0.2, which has `materials`. */
interface Predicate {
  buildDefinition?: { resolvedDependencies?: Dependency[] };
  materials?: Dependency[];
}

interface Dependency {
  uri: string;
  digest?: Record<string, string>;
}
