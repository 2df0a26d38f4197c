import { once } from "node:events";
import type { Duplex } from "node:stream";
import { withTimeout } from "slipway/driver";
import { open, openPlain } from "./dial/open.js";
import { isDirect } from "./endpoint.js";
import { explain } from "./explain.js";
import { answerTimeoutMs, type Target } from "./target.js";

/** Opens a stream to a BuildKit. Failures are typed and say what is wrong. */
export async function connect(target: Target, signal: AbortSignal): Promise<Duplex> {
  const limitMs = answerTimeoutMs(target.endpoint);
  try {
    const stream = await withTimeout(limitMs, signal, (limited) => open(target, limited));
    return isDirect(target.endpoint) ? stream : await greeted(stream, limitMs, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw await explain(error, target);
  }
}

/** Sees to it that there is somebody at an endpoint that the host dials, and verifies, itself. */
export async function reach(target: Target, signal: AbortSignal): Promise<void> {
  const { endpoint } = target;
  if (!isDirect(endpoint)) return;
  try {
    const socket = await withTimeout(answerTimeoutMs(endpoint), signal, (limited) =>
      openPlain(endpoint, limited),
    );
    socket.destroy();
  } catch (error) {
    signal.throwIfAborted();
    throw await explain(error, target);
  }
}

/**
 * Waits for the first bytes through a program, which are BuildKit's: it greets unasked. A program that fails does so
 * before. One that stays silent is taken as it is: what stands before a BuildKit need not greet.
 */
async function greeted(stream: Duplex, limitMs: number, signal: AbortSignal): Promise<Duplex> {
  try {
    await withTimeout(limitMs, signal, (limited) => once(stream, "readable", { signal: limited }));
  } catch (error) {
    if (!signal.aborted && !stream.destroyed) return stream;
    stream.on("error", () => {}).destroy();
    throw error;
  }
  return stream;
}
