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
  const index = Buffer.from(await readBlob(client, digest, signal, maxIndexBytes)).toString();
  const below = entriesOf(index)
    .filter((entry) => !entry.annotations?.["vnd.docker.reference.type"])
    .map((entry) =>
      create(HistoryAttachmentSchema, {
        digest: entry.digest,
        type: entry.mediaType,
        sizeBytes: BigInt(entry.size),
        platform: platformOf(entry) || platform,
      }),
    );
  return [...own, ...below];
}

/** The usable entries of an index; empty if the document is not an index. */
function entriesOf(text: string): IndexEntry[] {
  let index: { manifests?: unknown };
  try {
    index = JSON.parse(text) ?? {};
  } catch {
    return [];
  }
  const entries: IndexEntry[] = Array.isArray(index.manifests) ? index.manifests : [];
  return entries.filter(
    (entry) =>
      typeof entry?.digest === "string" &&
      typeof entry.mediaType === "string" &&
      Number.isSafeInteger(entry.size),
  );
}

/** An entry of an OCI index. */
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
