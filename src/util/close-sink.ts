import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { settlesWithin } from "./settles-within.js";

/** How long a sink may take to clean up, in milliseconds: one that writes into a pipe which nobody reads never does. */
const closeMs = 3_000;

/** Destroys a sink. Resolves when it has closed, so that a partial file is gone, or after some seconds. Never rejects. */
export async function closeSink(sink: Writable, reason: Error): Promise<void> {
  const closed = new Promise<void>((resolve) => sink.once("close", resolve));
  // Who writes to it gets the error.
  sink.on("error", () => {}).destroy(reason);
  if (!sink.closed) await settlesWithin(closeMs, closed);
}

/**
 * Writes all of a source into a sink. Resolves when the sink has finished. On failure destroys it, and rejects when it
 * has closed as in {@link closeSink}; Node's `pipeline` does not wait for that.
 */
export async function pipeInto(
  source: AsyncIterable<Uint8Array> | Readable,
  sink: Writable,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await pipeline(source, sink, { signal });
  } catch (cause) {
    await closeSink(sink, cause as Error);
    throw cause;
  }
}
