import { once } from "node:events";
import type { Duplex } from "node:stream";
import { open } from "./dial/open.js";
import { isDirect } from "./endpoint.js";
import { explain } from "./explain.js";
import { answerTimeoutMs, type Target } from "./target.js";

/** Opens a stream to a BuildKit. Failures are typed and say what is wrong. */
export async function connect(target: Target, signal: AbortSignal): Promise<Duplex> {
  const late = AbortSignal.timeout(answerTimeoutMs(target.endpoint));
  try {
    const stream = await open(target, AbortSignal.any([signal, late]));
    return isDirect(target.endpoint) ? stream : await greeted(stream, signal, late);
  } catch (error) {
    signal.throwIfAborted();
    throw await explain(error, target);
  }
}

/**
 * Waits for the first bytes through a program, which are BuildKit's: it greets unasked. A program that fails does so
 * before. One that stays silent is taken as it is: what stands before a BuildKit need not greet.
 */
async function greeted(stream: Duplex, signal: AbortSignal, late: AbortSignal): Promise<Duplex> {
  try {
    await once(stream, "readable", { signal: AbortSignal.any([signal, late]) });
  } catch (error) {
    if (late.aborted && !signal.aborted) return stream;
    stream.on("error", () => {}).destroy();
    throw error;
  }
  return stream;
}
