import { Code } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import { KeyedMutex } from "../../util/keyed-mutex.js";
import { withTimeout } from "../../util/with-timeout.js";

/** Serializes the changes of each builder, so that no change is lost. */
export class BuilderLocks {
  readonly #mutex = new KeyedMutex();

  /** Runs work while it holds the builder's lock; see {@link acquire}. */
  async runExclusive<T>(
    builder: string,
    signal: AbortSignal,
    work: () => Promise<T>,
    timeoutMs?: number,
  ): Promise<T> {
    const release = await this.acquire(builder, signal, timeoutMs);
    try {
      return await work();
    } finally {
      release();
    }
  }

  /**
   * Waits for the builder's lock; the returned function releases it. ABORTED, reason BUILDER_BUSY, after the timeout
   * in milliseconds.
   */
  async acquire(builder: string, signal: AbortSignal, timeoutMs?: number): Promise<() => void> {
    if (timeoutMs === undefined) return this.#mutex.acquire(builder, signal);
    return withTimeout(timeoutMs, signal, async (limit) => {
      try {
        return await this.#mutex.acquire(builder, limit);
      } catch (cause) {
        signal.throwIfAborted();
        if (!limit.aborted) throw cause;
        throw typedError({
          code: Code.Aborted,
          reason: "BUILDER_BUSY",
          message: `Another change of builder ${builder} is in progress, or a boot that is part of one.`,
          remedy: "Retry when it has ended.",
        });
      }
    });
  }
}
