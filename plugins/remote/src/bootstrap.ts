import { setTimeout as sleep } from "node:timers/promises";
import {
  type BootstrapCall,
  Code,
  type NodeConfig,
  type NodeStatusInit,
  readTypedError,
  withTimeout,
} from "slipway/driver";
import { statusOf } from "./inspect.js";

/** How long to wait for a BuildKit that does not answer yet, in milliseconds; buildx's limit. */
const waitMs = 20_000;
/** Time between two attempts, in milliseconds. */
const pauseMs = 300;

/** Waits until a BuildKit answers. Permanent failures, such as an untrusted certificate, end the wait at once. */
export async function bootstrap(
  config: NodeConfig,
  { signal, progress }: BootstrapCall,
  limitMs = waitMs,
): Promise<NodeStatusInit> {
  const step = { id: "connection", name: "[internal] waiting for connection" };
  const until = performance.now() + limitMs;
  let reported = "";
  let failure: unknown;
  progress(step);
  for (;;) {
    try {
      const leftMs = Math.max(1, until - performance.now());
      const status = await withTimeout(leftMs, signal, (limited) => statusOf(config, limited));
      progress({ ...step, done: true });
      return status;
    } catch (cause) {
      signal.throwIfAborted();
      const isLast = performance.now() >= until;
      // The last attempt ends with the wait, perhaps before it has a reason of its own.
      const error = isLast ? (failure ?? cause) : cause;
      const { code, message } = readTypedError(error);
      if (code !== Code.Unavailable || isLast) {
        progress({ ...step, done: true, error: message });
        throw error;
      }
      failure = error;
      if (message !== reported) progress({ ...step, log: `${message} Trying again.\n` });
      reported = message;
      await sleep(pauseMs, undefined, { signal });
    }
  }
}
