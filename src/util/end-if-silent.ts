/**
 * Yields the source's items. Throws if a pending read gets no item within `ms` milliseconds; the reader's own time does
 * not count.
 * @param isLimited whether the next read has the limit; default: each has
 */
export async function* endIfSilent<T>(
  source: AsyncIterable<T>,
  ms: number,
  silence: () => Error,
  isLimited: () => boolean = () => true,
): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  let timer: NodeJS.Timeout | undefined;
  try {
    for (;;) {
      const silent = new Promise<never>((_, reject) => {
        if (isLimited()) timer = setTimeout(() => reject(silence()), ms);
      });
      const { done, value } = await Promise.race([iterator.next(), silent]);
      clearTimeout(timer);
      if (done) return;
      yield value;
    }
  } finally {
    clearTimeout(timer);
    // Not awaited: a silent source ends when it has something to give.
    iterator.return?.().catch(() => {});
  }
}
