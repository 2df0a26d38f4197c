/** Yields what several sources yield, in order of arrival. The first failure ends the other sources. */
export async function* merge<T>(sources: readonly AsyncGenerator<T>[]): AsyncGenerator<T> {
  type Next = { source: AsyncGenerator<T>; result: IteratorResult<T> };
  const ask = (source: AsyncGenerator<T>): Promise<Next> =>
    source.next().then((result) => ({ source, result }));
  const pending = new Map(sources.map((source) => [source, ask(source)]));
  try {
    while (pending.size > 0) {
      const { source, result } = await Promise.race(pending.values());
      if (result.done) pending.delete(source);
      else {
        pending.set(source, ask(source));
        yield result.value;
      }
    }
  } finally {
    for (const next of pending.values()) next.catch(() => {});
    await Promise.allSettled([...pending.keys()].map((source) => source.return(undefined)));
  }
}
