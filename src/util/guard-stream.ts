import { untilAborted } from "./until-aborted.js";

/**
 * Yields the source's items, with converted errors. It rejects with the signal's reason as soon as the signal aborts,
 * even if the source hangs. The source's `return` is always called, also when the reader fails (`throw`): the reader's
 * error is not the source's, so it is not converted.
 */
export function guardStream<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal,
  convert: (error: unknown) => unknown,
): AsyncIterableIterator<T> {
  const iterator = source[Symbol.asyncIterator]();
  const finish = () => {
    // Not awaited: the source may hang in the operation that the abort interrupts.
    iterator.return?.().catch(() => {});
  };
  // The reader may wait for a client that is gone to take the last message, and never ask for the next one.
  signal.addEventListener("abort", finish);
  const pass = async (step: Promise<IteratorResult<T>>) => {
    try {
      return await untilAborted(step, signal);
    } catch (error) {
      finish();
      throw convert(error);
    }
  };
  return {
    next: () => pass(iterator.next()),
    return: async (value) => {
      finish();
      return { done: true, value };
    },
    throw: (error) => {
      finish();
      return Promise.reject(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
