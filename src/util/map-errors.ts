/** The same items; an error of their source is replaced by what `convert` makes of it. */
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
