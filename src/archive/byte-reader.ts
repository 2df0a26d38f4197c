/** Reads exact numbers of bytes from a stream of chunks of any size. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Uint8Array[] = [];
  #size = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** Returns the next `length` bytes without consuming them; fewer only at the end of the stream. */
  async peek(length: number): Promise<Uint8Array> {
    while (this.#size < length) {
      const { done, value } = await this.#chunks.next();
      if (done) break;
      this.#held.push(value);
      this.#size += value.length;
    }
    if (this.#held.length > 1) this.#held = [Buffer.concat(this.#held)];
    return this.#held[0]?.subarray(0, length) ?? new Uint8Array(0);
  }

  /** Consumes the next `length` bytes; fewer only at the end of the stream. */
  async take(length: number): Promise<Uint8Array> {
    const bytes = await this.peek(length);
    if (this.#held[0]) this.#held = [this.#held[0].subarray(bytes.length)];
    this.#size -= bytes.length;
    return bytes;
  }

  /** The rest of the stream, in chunks as they arrive. */
  async *rest(): AsyncGenerator<Uint8Array> {
    try {
      for (const chunk of this.#held.splice(0)) if (chunk.length > 0) yield chunk;
      for (;;) {
        const { done, value } = await this.#chunks.next();
        if (done) return;
        yield value;
      }
    } finally {
      await this.close();
    }
  }

  /** Closes the source. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
