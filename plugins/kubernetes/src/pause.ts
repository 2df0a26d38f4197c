import { setTimeout as sleep } from "node:timers/promises";

/** Time between two looks at the cluster, in milliseconds. */
const pollMs = 250;

/** Waits between two looks at the cluster. Rejects with the signal's reason. */
export async function pause(signal: AbortSignal, ms = pollMs): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
