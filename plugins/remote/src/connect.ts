import { once } from "node:events";
import type { Duplex } from "node:stream";
import { withTimeout } from "slipway/driver";
import { open, openPlain } from "./dial/open.js";
import { isDirect } from "./endpoint.js";
import { explain } from "./explain.js";
import { answerTimeoutMs, type Target } from "./target.js";

/** Opens a stream to a BuildKit. Failures are typed. */
export async function connect(target: Target, signal: AbortSignal): Promise<Duplex> {
  const limitMs = answerTimeoutMs(target.endpoint);
  try {
    const stream = await withTimeout(limitMs, signal, (limited) => open(target, limited));
    return isDirect(target.endpoint) ? stream : await afterFirstBytes(stream, limitMs, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw await explain(error, target);
  }
}

/** Checks that an endpoint accepts connections. The host dials direct endpoints itself, and verifies TLS then. */
export async function checkReachable(target: Target, signal: AbortSignal): Promise<void> {
  const { endpoint, lookup } = target;
  if (!isDirect(endpoint)) return;
  try {
    const socket = await withTimeout(answerTimeoutMs(endpoint), signal, (limited) =>
      openPlain(endpoint, lookup, limited),
    );
    socket.destroy();
  } catch (error) {
    signal.throwIfAborted();
    throw await explain(error, target);
  }
}

/**
 * Waits for the first bytes of a program, so that a failing program fails here: BuildKit sends its HTTP/2 preface first.
 * A silent program is accepted after the timeout, since a proxy in front of BuildKit may wait for the client.
 */
async function afterFirstBytes(stream: Duplex, limitMs: number, signal: AbortSignal): Promise<Duplex> {
  try {
    await withTimeout(limitMs, signal, (limited) => once(stream, "readable", { signal: limited }));
  } catch (error) {
    if (!signal.aborted && !stream.destroyed) return stream;
    stream.on("error", () => {}).destroy();
    throw error;
  }
  return stream;
}
