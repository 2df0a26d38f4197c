import type { SupervisedProcess } from "./plugin-child.js";
import { StartError } from "./plugin-errors.js";

/** So long the news of a process's end may take longer than what follows from it, in milliseconds. */
const newsMs = 100;

/** Watches over the steps of a start: the end of the process, of the time or of the host goes before other reasons. */
export class StartGuard {
  readonly #over = new AbortController();
  readonly #ended: Promise<never>;
  #aim = "";

  constructor(child: SupervisedProcess, timeoutMs: number, signal: AbortSignal) {
    this.#ended = new Promise((_resolve, reject) => {
      const timer = setTimeout(() => {
        const message = `it did not ${this.#aim} within ${timeoutMs / 1000} s of its start`;
        reject(new StartError("PLUGIN_START_TIMEOUT", message));
      }, timeoutMs);
      const leave = () => reject(new StartError("PLUGIN_START_FAILED", "the host is ending"));
      signal.addEventListener("abort", leave);
      if (signal.aborted) leave();
      this.#over.signal.addEventListener("abort", () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", leave);
      });
      void child.exited.then((exit) => {
        reject(new StartError("PLUGIN_EXITED", `it did not ${this.#aim}: ${exit.text}`));
      });
    });
    // Heard by the steps, if one is under way.
    this.#ended.catch(() => {});
  }

  /** Does one step; `aim` completes "it did not …". The step's signal aborts when the start is over. */
  async step<T>(aim: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#aim = aim;
    const done = work(this.#over.signal).catch(async (cause) => {
      await Promise.race([this.#ended, new Promise((resolve) => setTimeout(resolve, newsMs))]);
      throw cause;
    });
    return Promise.race([this.#ended, done]);
  }

  /** The start has succeeded or failed; what is still under way is broken off. */
  close(): void {
    this.#over.abort();
  }
}
