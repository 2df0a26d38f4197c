/** Splits bytes into chunks of at most `maxBytes`. */
export function* chunks(chunk: Uint8Array, maxBytes: number): Generator<Uint8Array> {
  for (let at = 0; at < chunk.length; at += maxBytes) yield chunk.subarray(at, at + maxBytes);
}
