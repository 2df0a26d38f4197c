import { create } from "@bufbuild/protobuf";
import type { BuildkitClient } from "../../buildkit/client.js";
import { readBlob } from "../../buildkit/content/read-blob.js";
import { Content } from "../../gen/containerd/services/content/v1/content_pb.js";
import type {
  BuildHistoryRecord,
  BuildResultInfo,
  Descriptor,
} from "../../gen/moby/buildkit/v1/control_pb.js";
import { type HistoryAttachment, HistoryAttachmentSchema } from "../../gen/slipway/v1/history_pb.js";

/** Largest index that is read, in bytes. */
const maxIndexBytes = 4 << 20;

/** Manifests and attestations that BuildKit still has of a build, sorted by platform; those for all platforms first. */
export async function attachmentsOf(
  client: BuildkitClient,
  record: BuildHistoryRecord,
  signal: AbortSignal,
): Promise<HistoryAttachment[]> {
  const results: [string, BuildResultInfo][] = Object.entries(record.results);
  if (record.result) results.unshift(["", record.result]);
  const found = await Promise.all(
    results.map(async ([platform, { resultDeprecated, results, attestations }]) => {
      const manifests = Object.values(results);
      if (manifests.length === 0 && resultDeprecated) manifests.push(resultDeprecated);
      const walked = await Promise.all(manifests.map((manifest) => walk(client, manifest, platform, signal)));
      return [...attestations.map((attestation) => attachment(attestation, platform)), ...walked.flat()];
    }),
  );
  const byDigest = new Map(found.flat().map((each) => [`${each.platform} ${each.digest}`, each]));
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
  const { manifests = [] } = JSON.parse(index) as { manifests?: IndexEntry[] };
  const below = manifests
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

/** An entry of an OCI index. */
interface IndexEntry {
  digest: string;
  mediaType: string;
  size: number;
  platform?: { os: string; architecture: string; variant?: string };
  annotations?: Record<string, string>;
}

function platformOf({ platform }: IndexEntry): string {
  if (!platform) return "";
  return [platform.os, platform.architecture, platform.variant].filter(Boolean).join("/");
}
