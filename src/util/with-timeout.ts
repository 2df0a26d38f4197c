/** The longest wait of a timer, in milliseconds; a longer one would end at once. */
export const longestMs = 2 ** 31 - 1;

/**
 * Runs work with a timeout: its signal aborts when the given one does, or with a TimeoutError after `ms` milliseconds,
 * at most 24 days.
 * The timer is referenced here, because one that only `AbortSignal.any` references can be garbage-collected before it
 * fires (Node 20 and 22).
 */
export async function withTimeout<T>(
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const abort = () => limit.abort(signal.reason);
  const late = () => limit.abort(new DOMException(`It took longer than ${ms} ms.`, "TimeoutError"));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  const timer = setTimeout(late, Math.min(ms, longestMs));
  try {
    return await work(limit.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}
