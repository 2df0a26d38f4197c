import { untilAborted } from "../../util/until-aborted.js";
import { withPeriod } from "../../util/with-period.js";
import { Violation } from "./violation.js";

/**
 * Errors that no code handles: a rejected promise that nothing awaits, or an exception in a callback. Node.js ends the
 * process for them; until {@link UnhandledErrors.close}, they fail the check that runs instead.
 */
export class UnhandledErrors {
  #present = new AbortController();
  readonly #onError = (cause: unknown) => {
    const text = cause instanceof Error ? cause.message : String(cause);
    const why = `The program caused an error that the kit does not handle: ${withPeriod(text)}`;
    this.#present.abort(new Violation(`${why} Report it to Slipway, too.`));
  };

  constructor() {
    process.on("unhandledRejection", this.#onError).on("uncaughtException", this.#onError);
  }

  /** Settles like the work, or rejects with a {@link Violation} for an error since the end of the work before. */
  async guard<T>(work: Promise<T>): Promise<T> {
    try {
      return await untilAborted(work, this.#present.signal);
    } finally {
      this.#present = new AbortController();
    }
  }

  /** From now on such an error ends the process again. */
  close(): void {
    process.off("unhandledRejection", this.#onError).off("uncaughtException", this.#onError);
  }
}
