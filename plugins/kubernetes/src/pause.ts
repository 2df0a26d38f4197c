import { setTimeout as sleep } from "node:timers/promises";

/** Polling interval, in milliseconds. */
const pollMs = 250;

/** Waits until the next poll of the cluster. Rejects with the signal's reason. */
export async function pause(signal: AbortSignal, ms = pollMs): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
