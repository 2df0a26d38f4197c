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

  /**
   * Waits before another attempt, longer each time, and no less than the host asks for. Rejects with the error if another
   * attempt cannot succeed. The signal ends a wait that the host asked for, which then rejects with its reason; a short
   * wait ends by itself.
   */
  async wait(cause: unknown, signal?: AbortSignal): Promise<void> {
    // Loads descriptors, which a build without an error does not need.
    const { repeatDelay } = await import("./lost-connection.js");
    const least = repeatDelay(cause);
    if (least === undefined || this.#lost >= attempts) throw cause;
    const asked = least > 0 ? signal : undefined;
    const waiting = sleep(Math.max(least, firstDelay * 2 ** this.#lost++), undefined, { signal: asked });
    await waiting.catch(() => asked?.throwIfAborted());
  }
}
