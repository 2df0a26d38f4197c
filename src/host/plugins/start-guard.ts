import { StartError } from "./plugin-errors.js";
import type { SupervisedProcess } from "./supervised-process.js";

/** Grace period: the exit event may arrive after the errors that the exit causes, in milliseconds. */
const exitEventMs = 100;

/** Guards the steps of a start: an exit of the process, the timeout and a stopping host take precedence over other errors. */
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
      const leave = () => reject(new StartError("PLUGIN_START_FAILED", "the host is stopping"));
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
    // A running step reports the error.
    this.#ended.catch(() => {});
  }

  /** Runs one step; `aim` completes "it did not …". The step's signal aborts when the start ends. */
  async step<T>(aim: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#aim = aim;
    const done = work(this.#over.signal).catch(async (cause) => {
      await Promise.race([this.#ended, new Promise((resolve) => setTimeout(resolve, exitEventMs))]);
      throw cause;
    });
    return Promise.race([this.#ended, done]);
  }

  /** Ends the start and aborts a running step. */
  close(): void {
    this.#over.abort();
  }
}
