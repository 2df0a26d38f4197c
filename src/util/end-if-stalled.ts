/**
 * Yields the source's items. Ends the source when its reader takes longer than `ms` milliseconds for an item, although
 * the reader asks for nothing: what the source holds is released then. A reader that comes back gets the error.
 */
export async function* endIfStalled<T>(
  source: AsyncGenerator<T>,
  ms: number,
  stalled: () => Error,
): AsyncGenerator<T> {
  let failure: Error | undefined;
  const end = () => {
    failure = stalled();
    source.return(undefined).catch(() => {});
  };
  let timer: NodeJS.Timeout | undefined;
  try {
    for await (const item of source) {
      timer = setTimeout(end, ms);
      yield item;
      clearTimeout(timer);
      if (failure) throw failure;
    }
  } finally {
    clearTimeout(timer);
  }
}
