import { Code, ConnectError } from "@connectrpc/connect";
import type { BuildResultInfo } from "../gen/moby/buildkit/v1/control_pb.js";
import type { BuildkitClient } from "./client.js";
import { maxBlobBytes, readBlob } from "./content/read-blob.js";

/** Provenance that BuildKit recorded. */
export interface RecordedProvenance {
  /** Empty if the build had one platform, which the request did not name. */
  platform: string;
  /** Starts with `https://slsa.dev/provenance/`. */
  predicateType: string;
  /** The predicate in JSON. */
  predicate: Uint8Array;
}

const predicateKey = "in-toto.io/predicate-type";

/**
 * Reads the provenance of a finished build from BuildKit's history. BuildKit before 0.11 has no history, and so none.
 */
export async function readProvenance(
  client: BuildkitClient,
  ref: string,
  signal: AbortSignal,
): Promise<RecordedProvenance[]> {
  const found = new Map<string, { predicateType: string; digest: string }>();
  try {
    for await (const { record } of client.control.listenBuildHistory({ ref, earlyExit: true }, { signal })) {
      for (const [platform, result] of resultsOf(record)) {
        const attestation = result.attestations.find(isProvenance);
        if (!attestation) continue;
        const { digest, annotations } = attestation;
        found.set(platform, { digest, predicateType: annotations[predicateKey]! });
      }
    }
  } catch (cause) {
    if (ConnectError.from(cause).code === Code.Unimplemented) return [];
    throw cause;
  }
  return readAll(client, found, signal);
}

/** Reads predicates one after the other: together they may not exceed the limit of one blob. */
async function readAll(
  client: BuildkitClient,
  found: ReadonlyMap<string, { predicateType: string; digest: string }>,
  signal: AbortSignal,
): Promise<RecordedProvenance[]> {
  const recorded: RecordedProvenance[] = [];
  let left = maxBlobBytes;
  for (const [platform, { predicateType, digest }] of found) {
    const predicate = await readBlob(client, digest, signal, left);
    left -= predicate.length;
    recorded.push({ platform, predicateType, predicate });
  }
  return recorded;
}

type Record = { result?: BuildResultInfo; results: { [platform: string]: BuildResultInfo } };

function resultsOf(record: Record | undefined): [platform: string, result: BuildResultInfo][] {
  const byPlatform = Object.entries(record?.results ?? {});
  if (byPlatform.length > 0) return byPlatform;
  return record?.result ? [["", record.result]] : [];
}

function isProvenance({ mediaType, annotations }: BuildResultInfo["attestations"][number]): boolean {
  return (
    mediaType === "application/vnd.in-toto+json" &&
    (annotations[predicateKey]?.startsWith("https://slsa.dev/provenance/") ?? false)
  );
}
