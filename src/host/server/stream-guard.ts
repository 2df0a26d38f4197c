/** Settles when the signal aborts. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Settles as the promise does, unless the signal aborts first; then it rejects with the signal's reason. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

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
