import { untilAborted } from "./until-aborted.js";

/** Work in progress, and how many wait for it. */
interface Work {
  result: Promise<unknown>;
  /** Aborts the work when nobody waits for it any more. */
  abort: AbortController;
  waiting: number;
}

/** Work that simultaneous callers share: who asks while it is in progress gets the same result. */
export class SharedWork {
  readonly #running = new Map<string, Work>();

  /**
   * Starts the work, or waits for the work in progress with the same key. A caller whose signal aborts leaves with the
   * signal's reason; the work goes on for the others, and its signal aborts with the last one.
   */
  async run<T>(key: string, signal: AbortSignal, start: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const work = this.#running.get(key) ?? this.#start(key, start);
    work.waiting += 1;
    try {
      return await untilAborted(work.result as Promise<T>, signal);
    } finally {
      work.waiting -= 1;
      if (work.waiting === 0) {
        // Who asks now starts anew.
        this.#forget(key, work);
        work.abort.abort(signal.reason);
      }
    }
  }

  #start(key: string, start: (signal: AbortSignal) => Promise<unknown>): Work {
    const abort = new AbortController();
    const work: Work = { result: start(abort.signal), abort, waiting: 0 };
    this.#running.set(key, work);
    // Its callers handle the error; all may have left.
    work.result.catch(() => {}).finally(() => this.#forget(key, work));
    return work;
  }

  #forget(key: string, work: Work): void {
    if (this.#running.get(key) === work) this.#running.delete(key);
  }
}
