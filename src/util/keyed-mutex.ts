import { untilAborted } from "./until-aborted.js";

/** A mutex for each key: work with the same key runs one at a time, in the order in which it asked. */
export class KeyedMutex {
  /** Completion of the last queued work, by key. */
  readonly #tails = new Map<string, Promise<void>>();

  /**
   * Runs the work while it holds the mutex. Rejects with the signal's reason if it aborts during the wait; without a
   * signal the wait has no limit.
   */
  async runExclusive<T>(key: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const release = await this.acquire(key, signal);
    try {
      return await work();
    } finally {
      release();
    }
  }

  /** Acquires the mutex for work that is not one function; the returned function releases it. */
  async acquire(key: string, signal?: AbortSignal): Promise<() => void> {
    const before = this.#tails.get(key);
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const tail = Promise.all([before, released]).then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    this.#tails.set(key, tail);
    try {
      if (before) await (signal ? untilAborted(before, signal) : before);
      return release;
    } catch (cause) {
      release();
      throw cause;
    }
  }
}
