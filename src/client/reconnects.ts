import { setTimeout as sleep } from "node:timers/promises";

/** Waits before the attempts after a lost connection, in milliseconds. */
export const delays = {
  /** 1.5 s in all: somebody waits, and nothing is under way yet. */
  start: [100, 200, 400, 800],
  /** 26 s in all: enough for a host that is started again. */
  watch: [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000],
};
/** A shorter wait is not reported, and not ended by a signal: the call that follows it tells what the host knows. */
const shortWait = 1000;

/** The attempts of a call that can be repeated after its connection was lost. */
export class Reconnects {
  #lost = 0;
  #isReported = false;

  /**
   * @param delays before each attempt after a lost connection in a row, in milliseconds
   * @param onWait called before the first wait of a second or more
   */
  constructor(
    private readonly delays: readonly number[],
    private readonly onWait?: () => void,
  ) {}

  /** The call made progress, so its attempts are counted anew. */
  reset(): void {
    this.#lost = 0;
    this.#isReported = false;
  }

  /**
   * Waits before another attempt, no less than the host asks for. Rejects with the error if another attempt cannot
   * succeed. The signal ends a wait of a second or more, which then rejects with its reason.
   */
  async wait(cause: unknown, signal?: AbortSignal): Promise<void> {
    // Loads descriptors, which a build without an error does not need.
    const { repeatDelay } = await import("./lost-connection.js");
    const least = repeatDelay(cause);
    const own = this.delays[this.#lost++];
    if (least === undefined || own === undefined) throw cause;
    const delay = Math.max(least, own);
    const ending = delay < shortWait ? undefined : signal;
    if (delay >= shortWait && !this.#isReported) {
      this.#isReported = true;
      this.onWait?.();
    }
    await sleep(delay, undefined, { signal: ending }).catch(() => ending?.throwIfAborted());
  }
}
