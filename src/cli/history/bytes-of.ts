/** The bytes of a stream of answers. */
export async function* bytesOf(answers: AsyncIterable<{ data: Uint8Array }>): AsyncGenerator<Uint8Array> {
  for await (const { data } of answers) yield data;
}
