import { setTimeout as sleep } from "node:timers/promises";

/** Attempts after a lost connection in a row, and the delay before the first one in milliseconds. */
const attempts = 4;
const firstDelay = 100;

/** The attempts of a call that can be repeated after its connection was lost. */
export class Reconnects {
  #lost = 0;

  /** The call made progress, so its attempts are counted anew. */
  reset(): void {
    this.#lost = 0;
  }

  /** Waits before another attempt, longer each time. Rejects with the error if another attempt cannot succeed. */
  async wait(cause: unknown, signal?: AbortSignal): Promise<void> {
    // Loads descriptors, which a build without an error does not need.
    const { isLost } = await import("./lost-connection.js");
    if (!isLost(cause) || this.#lost >= attempts || signal?.aborted) throw cause;
    await sleep(firstDelay * 2 ** this.#lost++);
  }
}
