/** Bounds the bytes that several senders hold at the same time. Whoever comes first gets them first. */
export class ByteBudget {
  #free: number;
  readonly #waiting: { bytes: number; resolve(): void }[] = [];

  /** @param bytes at least as many as are taken at once */
  constructor(bytes: number) {
    this.#free = bytes;
  }

  /** Resolves when so many bytes may be held, until {@link give}. */
  async take(bytes: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push({ bytes, resolve });
      this.#serve();
    });
  }

  give(bytes: number): void {
    this.#free += bytes;
    this.#serve();
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next && next.bytes <= this.#free; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#free -= next.bytes;
      next.resolve();
    }
  }
}
