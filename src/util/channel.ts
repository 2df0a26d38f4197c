/** A queue with one reader. Writers that wait for {@link Channel.send} keep the reader's pace. */
export class Channel<T> implements AsyncIterable<T> {
  /** The reader may hold the first item, and not have asked for the next one yet. */
  readonly #queue: { item: T; taken(): void }[] = [];
  #end: { error?: unknown } | undefined;
  #wake = () => {};

  /** Queues an item. Resolves when the reader asks for the next one, or reads no more; after the end, at once. */
  send(item: T): Promise<void> {
    return new Promise((taken) => {
      if (this.#end) return taken();
      this.#queue.push({ item, taken });
      this.#wake();
    });
  }

  /** Ends the channel; the reader still gets what is queued. */
  close(): void {
    this.#end ??= {};
    this.#wake();
  }

  /** Ends the channel with an error for the reader; drops what is queued. */
  fail(error: unknown): void {
    this.#end ??= { error };
    this.#drop();
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    try {
      for (;;) {
        const [next] = this.#queue;
        if (next) {
          yield next.item;
          next.taken();
          this.#queue.shift();
        } else if (this.#end) break;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
      if ("error" in this.#end) throw this.#end.error;
    } finally {
      this.#end ??= {};
      this.#drop();
    }
  }

  #drop(): void {
    for (const { taken } of this.#queue.splice(0)) taken();
  }
}
