/** Messages of a stream that others write: each is handed on when the reader asks for it, so that writers keep its pace. */
export class Outbox<T> {
  /** The first one may be with the reader already, who has not asked for another one. */
  readonly #waiting: { message: T; taken(): void }[] = [];
  #end: { message?: T; error?: unknown } | undefined;
  #wake = () => {};

  /** Resolves when the reader has taken the message, or when there is no reader any more. */
  send(message: T): Promise<void> {
    return new Promise((taken) => {
      if (this.#end) return taken();
      this.#waiting.push({ message, taken });
      this.#wake();
    });
  }

  /** Writes the last message. */
  end(message: T): void {
    this.#end ??= { message };
    this.#wake();
  }

  /** Ends the stream with an error; what was not taken yet is lost. */
  fail(error: unknown): void {
    this.#end ??= { error };
    for (const { taken } of this.#waiting.splice(0)) taken();
    this.#wake();
  }

  /** All messages to the last one; for one reader. */
  async *messages(): AsyncGenerator<T> {
    for (;;) {
      const [next] = this.#waiting;
      if (next) {
        yield next.message;
        next.taken();
        this.#waiting.shift();
      } else if (this.#end) break;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
    if ("error" in this.#end) throw this.#end.error;
    yield this.#end.message!;
  }
}
