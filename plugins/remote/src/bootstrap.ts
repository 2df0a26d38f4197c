import { setTimeout as sleep } from "node:timers/promises";
import {
  type BootstrapCall,
  Code,
  type NodeConfig,
  type NodeStatusInit,
  readTypedError,
} from "slipway/driver";
import { look } from "./inspect.js";

/** How long a BuildKit that may yet come is waited for, in milliseconds; buildx's limit. */
const waitMs = 20_000;
/** Time between two attempts, in milliseconds. */
const pauseMs = 300;

/**
 * Waits until a BuildKit answers; there is nothing to start. What does not pass by itself, such as a certificate that
 * is not trusted, is not waited for.
 */
export async function bootstrap(
  config: NodeConfig,
  { signal, progress }: BootstrapCall,
  limitMs = waitMs,
): Promise<NodeStatusInit> {
  const step = { id: "connection", name: "[internal] waiting for connection" };
  const until = Date.now() + limitMs;
  let said = "";
  progress(step);
  for (;;) {
    try {
      const status = await look(config, signal);
      progress({ ...step, done: true });
      return status;
    } catch (error) {
      signal.throwIfAborted();
      const { code, message } = readTypedError(error);
      if (code !== Code.Unavailable || Date.now() > until) {
        progress({ ...step, done: true, error: message });
        throw error;
      }
      if (message !== said) progress({ ...step, log: `${message}; trying again\n` });
      said = message;
      await sleep(pauseMs, undefined, { signal });
    }
  }
}
