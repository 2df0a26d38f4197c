import { Content } from "../gen/containerd/services/content/v1/content_pb.js";
import type { BuildHistoryRecord } from "../gen/moby/buildkit/v1/control_pb.js";
import type { BuildkitClient } from "./client.js";

/**
 * The trace of a build that has ended, from BuildKit's history: JSON objects that follow each other. Undefined when BuildKit
 * keeps none. Rejects with BuildKit's error; UNIMPLEMENTED from a BuildKit before 0.11.
 */
export async function recordedTrace(
  client: BuildkitClient,
  ref: string,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  let record = await recordOf(client, ref, signal);
  if (record && !record.trace) {
    await finalizeRecord(client, ref, signal);
    record = await recordOf(client, ref, signal);
  }
  return record?.trace && bytesOf(client.service(Content).read({ digest: record.trace.digest }, { signal }));
}

/** Makes BuildKit write what it still holds of a build that has ended. */
export async function finalizeRecord(
  client: BuildkitClient,
  ref: string,
  signal: AbortSignal,
): Promise<void> {
  await client.control.updateBuildHistory({ ref, finalize: true }, { signal });
}

/** The bytes of a blob. */
export async function* bytesOf(answers: AsyncIterable<{ data: Uint8Array }>): AsyncGenerator<Uint8Array> {
  for await (const { data } of answers) yield data;
}

async function recordOf(
  client: BuildkitClient,
  ref: string,
  signal: AbortSignal,
): Promise<BuildHistoryRecord | undefined> {
  let latest: BuildHistoryRecord | undefined;
  for await (const { record } of client.control.listenBuildHistory({ ref, earlyExit: true }, { signal }))
    latest = record ?? latest;
  return latest;
}
