import { create } from "@bufbuild/protobuf";
import type { BuildkitClient } from "../../buildkit/client.js";
import { readBlob } from "../../buildkit/content/read-blob.js";
import { answerTooLarge } from "../../errors/answer-too-large.js";
import { Content } from "../../gen/containerd/services/content/v1/content_pb.js";
import type {
  BuildHistoryRecord,
  BuildResultInfo,
  Descriptor,
} from "../../gen/moby/buildkit/v1/control_pb.js";
import { type HistoryAttachment, HistoryAttachmentSchema } from "../../gen/slipway/v1/history_pb.js";
import { forEachLimit } from "../../util/for-each-limit.js";
import { platformName } from "../nodes/platform-name.js";

/** Largest index that is read, in bytes. */
const maxIndexBytes = 4 << 20;
/** Manifests of one record that are looked up; a build has one for each platform. */
const maxManifests = 256;
/** Longest type of a statement, in characters. */
const maxTypeLength = 500;
/** Concurrent lookups. */
const parallelLookups = 8;

/** Manifests and attestations that BuildKit still has of a build, sorted by platform; those for all platforms first. */
export async function attachmentsOf(
  client: BuildkitClient,
  record: BuildHistoryRecord,
  signal: AbortSignal,
): Promise<HistoryAttachment[]> {
  const byPlatform: [string, BuildResultInfo][] = Object.entries(record.results);
  if (record.result) byPlatform.unshift(["", record.result]);
  const found: HistoryAttachment[] = [];
  const manifests: { manifest: Descriptor; platform: string }[] = [];
  for (const [platform, { resultDeprecated, results, attestations }] of byPlatform) {
    const own = Object.values(results);
    if (own.length === 0 && resultDeprecated) own.push(resultDeprecated);
    manifests.push(...own.map((manifest) => ({ manifest, platform })));
    found.push(...attestations.map((attestation) => attachment(attestation, platform)));
  }
  if (manifests.length > maxManifests)
    throw answerTooLarge(`The record ${record.ref}`, `${maxManifests} manifests`);
  await forEachLimit(manifests, parallelLookups, async ({ manifest, platform }) => {
    found.push(...(await walk(client, manifest, platform, signal)));
  });
  const byDigest = new Map(found.map((each) => [`${each.platform} ${each.digest}`, each]));
  return [...byDigest.values()].sort(
    (a, b) => a.platform.localeCompare(b.platform) || a.type.localeCompare(b.type),
  );
}

function attachment(
  { digest, mediaType, size, annotations }: Descriptor,
  platform: string,
): HistoryAttachment {
  const type = annotations["in-toto.io/predicate-type"] ?? mediaType;
  return create(HistoryAttachmentSchema, { digest, type, sizeBytes: size, platform });
}

/** A manifest, or an index with its manifests. Empty when BuildKit has removed it. */
async function walk(
  client: BuildkitClient,
  descriptor: Descriptor,
  platform: string,
  signal: AbortSignal,
): Promise<HistoryAttachment[]> {
  const { digest, mediaType, annotations, size } = descriptor;
  const isThere = await client
    .service(Content)
    .info({ digest }, { signal })
    .then(
      () => true,
      () => false,
    );
  if (!isThere) return [];
  const own = annotations["vnd.docker.reference.type"] ? [] : [attachment(descriptor, platform)];
  if (!/(image\.index|manifest\.list)/.test(mediaType) || size > maxIndexBytes) return own;
  const read = async (blob: string) =>
    Buffer.from(await readBlob(client, blob, signal, maxIndexBytes)).toString();
  const entries = entriesOf(await read(digest), "manifests").slice(0, maxManifests);
  const below = entries
    .filter((entry) => !entry.annotations?.["vnd.docker.reference.type"])
    .map((entry) =>
      create(HistoryAttachmentSchema, {
        digest: entry.digest,
        type: entry.mediaType,
        sizeBytes: BigInt(entry.size),
        platform: platformOf(entry) || platform,
      }),
    );
  const found = [...own, ...below];
  for (const entry of entries) {
    const { annotations } = entry;
    if (annotations?.["vnd.docker.reference.type"] !== "attestation-manifest") continue;
    const image = entries.find((each) => each.digest === annotations["vnd.docker.reference.digest"]);
    // BuildKit may have removed it.
    const manifest = entry.size > maxIndexBytes ? "" : await read(entry.digest).catch(() => "");
    found.push(...statementsOf(manifest, (image && platformOf(image)) || platform));
  }
  return found;
}

/** The statements in a manifest of attestations but provenance, which the record has itself. */
function statementsOf(manifest: string, platform: string): HistoryAttachment[] {
  return entriesOf(manifest, "layers")
    .slice(0, maxManifests)
    .flatMap(({ digest, size, annotations }) => {
      const type = annotations?.["in-toto.io/predicate-type"];
      if (
        typeof type !== "string" ||
        type.length > maxTypeLength ||
        type.startsWith("https://slsa.dev/provenance/")
      )
        return [];
      return [create(HistoryAttachmentSchema, { digest, type, sizeBytes: BigInt(size), platform })];
    });
}

/** The usable entries of a list in an index or manifest; empty if the document has no such list. */
function entriesOf(text: string, list: "manifests" | "layers"): IndexEntry[] {
  let index: { [list]?: unknown };
  try {
    index = JSON.parse(text) ?? {};
  } catch {
    return [];
  }
  const entries: IndexEntry[] = Array.isArray(index[list]) ? index[list] : [];
  return entries.filter(
    (entry) =>
      typeof entry?.digest === "string" &&
      typeof entry.mediaType === "string" &&
      Number.isSafeInteger(entry.size),
  );
}

/** An entry of an OCI index, or a layer. */
interface IndexEntry {
  digest: string;
  mediaType: string;
  size: number;
  platform?: { os: string; architecture: string; variant?: string };
  annotations?: Record<string, string>;
}

function platformOf({ platform }: IndexEntry): string {
  return platform ? platformName(platform) : "";
}
