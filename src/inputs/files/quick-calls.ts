/** From this duration on, a call is slow, in milliseconds. */
const slowMs = 1;
/** How long no call blocks after a slow one, in milliseconds. */
const pauseMs = 100;

/**
 * Makes calls that the system mostly answers from its cache on the main thread: handing them to another thread costs more
 * than the call. After a slow one, such as on a cold disk or a network, they are made on other threads for a while.
 */
export class QuickCalls {
  #pausedUntil = 0;

  /** Calls `quick`, or `other` while calls are slow. Rejects with what it throws. */
  async call<T>(quick: () => T, other: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    if (begin < this.#pausedUntil) return other();
    try {
      return quick();
    } finally {
      const end = performance.now();
      if (end - begin > slowMs) this.#pausedUntil = end + pauseMs;
    }
  }
}
