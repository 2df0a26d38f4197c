/**
 * Runs `task` for each of `items`, at most `limit` at a time. The next item is read only when a task can start.
 *
 * Rejects with the first failure of a task or of `items`, after the running tasks have settled, so that the caller can
 * clean up.
 */
export async function forEachLimit<T>(
  items: AsyncIterable<T> | Iterable<T>,
  limit: number,
  task: (item: T) => Promise<unknown>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failure: { cause: unknown } | undefined;
  try {
    for await (const item of items) {
      const run: Promise<void> = task(item).then(
        () => void running.delete(run),
        (cause: unknown) => {
          running.delete(run);
          failure ??= { cause };
        },
      );
      running.add(run);
      if (running.size >= limit) await Promise.race(running);
      if (failure) break;
    }
  } finally {
    await Promise.all(running);
  }
  if (failure) throw failure.cause;
}
