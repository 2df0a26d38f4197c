/** A stream with one request. */
export async function* streamOf<T>(request: T) {
  yield request;
}

/** Reads a stream of messages to its end. */
export async function collect<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const message of messages) all.push(message);
  return all;
}
