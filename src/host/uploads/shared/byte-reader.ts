/** Reads a stream of bytes in chunks of known sizes. An end that comes too early is an error. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** So many bytes, in memory. */
  async exactly(size: number): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const bytes of this.next(size)) parts.push(bytes);
    return Buffer.concat(parts);
  }

  /** So many bytes, as they come. */
  async *next(size: number): AsyncGenerator<Uint8Array> {
    for (let left = size; left > 0; ) {
      if (this.#rest.length === 0) {
        const { value, done } = await this.#source.next();
        if (done) throw new Error("an upload is incomplete");
        this.#rest = value;
      }
      const bytes = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(bytes.length);
      left -= bytes.length;
      if (bytes.length > 0) yield bytes;
    }
  }

  /** Ends the reading. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }
}
