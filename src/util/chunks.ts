/** Cuts bytes into pieces of at most so many; what is within the limit stays as it is. */
export function* chunks(chunk: Uint8Array, maxBytes: number): Generator<Uint8Array> {
  for (let at = 0; at < chunk.length; at += maxBytes) yield chunk.subarray(at, at + maxBytes);
}
