import { Readable } from "node:stream";

/** Reads the first `size` bytes of a stream, or all if it has fewer. The returned `stream` still contains them. */
export async function peek(source: Readable, size: number): Promise<{ head: Buffer; stream: Readable }> {
  const iterator = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const chunks: Buffer[] = [];
  let length = 0;
  while (length < size) {
    const { value, done } = await iterator.next();
    if (done) break;
    chunks.push(value);
    length += value.length;
  }
  const rest = async function* () {
    yield* chunks;
    yield* { [Symbol.asyncIterator]: () => iterator };
  };
  return {
    head: Buffer.concat(chunks).subarray(0, size),
    stream: Readable.from(rest(), { objectMode: false }),
  };
}

/** Reads a small stream completely. */
export async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
