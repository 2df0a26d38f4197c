/** Before each message: flags, of which the lowest says that it is compressed, and its length. */
const prefixBytes = 5;

/** Fails for a message that must not be decoded. */
export type Check = (message: Uint8Array, isCompressed: boolean) => void | Promise<void>;

/**
 * The same body of gRPC, gRPC-Web or Connect streaming. Before a message is passed on, all of it is checked.
 * @param maxBytes of a message; a larger one is passed on unchecked, since the library refuses it as soon as it sees its
 *   size
 */
export async function* checkEach(
  body: AsyncIterable<Uint8Array>,
  check: Check,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  let chunks: Uint8Array[] = [];
  let size = 0;
  let needed = prefixBytes;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    while (size >= needed) {
      const bytes = joined(chunks);
      chunks = [bytes];
      needed = prefixBytes + bytes.readUInt32BE(1);
      if (needed > prefixBytes + maxBytes) {
        yield bytes;
        return;
      }
      if (size < needed) break;
      await check(bytes.subarray(prefixBytes, needed), (bytes[0]! & 1) === 1);
      yield bytes.subarray(0, needed);
      chunks = [bytes.subarray(needed)];
      size -= needed;
      needed = prefixBytes;
    }
  }
  yield* chunks;
}

/** Without a copy when there is one. */
export function joined(chunks: readonly Uint8Array[]): Buffer {
  const [only] = chunks;
  if (!only || chunks.length > 1) return Buffer.concat(chunks);
  return Buffer.from(only.buffer, only.byteOffset, only.length);
}
