/** Runs pieces of work with the same key one after another. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /** Runs the work when it is its turn; rejects with the signal's reason when that aborts while it waits. */
  async take<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    let end = () => {};
    const own = new Promise<void>((resolve) => {
      end = resolve;
    });
    const turn = Promise.all([before, own]).then(() => {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    });
    this.#last.set(key, turn);
    try {
      if (before) await unlessAborted(before, signal);
      return await work();
    } finally {
      end();
    }
  }
}

async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  let leave = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    leave = () => reject(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
  });
  signal.throwIfAborted();
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
