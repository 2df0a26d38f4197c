/** Yields the source's items; an error of the source is replaced by what `convert` makes of it. */
export async function* mapErrors<T>(
  items: AsyncIterable<T>,
  convert: (cause: unknown) => unknown,
): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (cause) {
    throw await convert(cause);
  }
}
