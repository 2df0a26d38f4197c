import { untilAborted } from "./until-aborted.js";

/** Runs pieces of work with the same key one after another. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /** Runs the work when it is its turn; rejects with the signal's reason when that aborts while it waits. */
  async take<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const end = await this.enter(key, signal);
    try {
      return await work();
    } finally {
      end();
    }
  }

  /** Waits for a turn, for work that is no function; the next one begins when what is returned is called. */
  async enter(key: string, signal: AbortSignal): Promise<() => void> {
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
      if (before) await untilAborted(before, signal);
      return end;
    } catch (cause) {
      end();
      throw cause;
    }
  }
}
