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
  let reported = "";
  let failure: unknown;
  progress(step);
  return withTimeout(limitMs, signal, async (limited) => {
    for (;;) {
      try {
        const status = await statusOf(config, limited);
        progress({ ...step, done: true });
        return status;
      } catch (cause) {
        signal.throwIfAborted();
        // The limit may abort the last attempt before it fails. Then the failure before it is the reason.
        const error = limited.aborted ? (failure ?? cause) : cause;
        const { code, message } = readTypedError(error);
        if (code !== Code.Unavailable || limited.aborted) {
          progress({ ...step, done: true, error: message });
          throw error;
        }
        failure = error;
        if (message !== reported) progress({ ...step, log: `${message} Trying again.\n` });
        reported = message;
        // A pause that is cut off leaves the verdict to the next attempt.
        await sleep(pauseMs, undefined, { signal: limited }).catch(() => {});
      }
    }
  });
}
