/**
 * Does work with a time limit: its signal aborts when the given one does, and with a TimeoutError after so many
 * milliseconds. The timer is kept by what runs: one that only `AbortSignal.any` knows can be garbage-collected before
 * it fires (Node 20 and 22).
 */
export async function withTimeout<T>(
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const abort = () => limit.abort(signal.reason);
  const late = () => limit.abort(new DOMException(`it took longer than ${ms} ms`, "TimeoutError"));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  const timer = setTimeout(late, ms);
  try {
    return await work(limit.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}
