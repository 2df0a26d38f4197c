import { setTimeout as sleep } from "node:timers/promises";
import {
  type BootstrapCall,
  Code,
  type NodeConfig,
  type NodeStatusInit,
  readTypedError,
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
  const until = Date.now() + limitMs;
  let reported = "";
  progress(step);
  for (;;) {
    try {
      const status = await statusOf(config, signal);
      progress({ ...step, done: true });
      return status;
    } catch (error) {
      signal.throwIfAborted();
      const { code, message } = readTypedError(error);
      if (code !== Code.Unavailable || Date.now() > until) {
        progress({ ...step, done: true, error: message });
        throw error;
      }
      if (message !== reported) progress({ ...step, log: `${message} Trying again.\n` });
      reported = message;
      await sleep(pauseMs, undefined, { signal });
    }
  }
}
