import { untilAborted } from "../../util/until-aborted.js";

/**
 * The same stream, which ends with the signal's reason as soon as that aborts, even if its source hangs, and whose
 * errors are converted. The source is always told to return.
 */
export function guardStream<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal,
  convert: (error: unknown) => unknown,
): AsyncIterableIterator<T> {
  const iterator = source[Symbol.asyncIterator]();
  const finish = () => {
    // Nobody waits for the source's own end: it may hang in what the abort was to interrupt.
    iterator.return?.().catch(() => {});
  };
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
    throw: (error) => (iterator.throw ? pass(iterator.throw(error)) : pass(Promise.reject(error))),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
