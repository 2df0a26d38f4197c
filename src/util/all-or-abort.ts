/**
 * Runs work for all items concurrently. The first failure aborts the signal of the others, and is thrown when all
 * have settled.
 */
export async function allOrAbort<Item, Result>(
  items: readonly Item[],
  signal: AbortSignal,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
): Promise<Result[]> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const results = await Promise.allSettled(
    items.map((item) =>
      work(item, either).catch((cause) => {
        failed.abort(cause);
        throw cause;
      }),
    ),
  );
  failed.signal.throwIfAborted();
  return results.map((result) => (result as PromiseFulfilledResult<Result>).value);
}
