import { Code } from "@connectrpc/connect";
import type { Writing } from "../../../buildkit/content/content-store.js";
import { StatusError } from "../../../errors/status-error.js";

/** Where the bytes of a blob go. */
export interface BlobTarget {
  write(data: Uint8Array): Promise<void>;
  end(): Promise<void>;
  /** The writer left before the end. */
  abandon(): void;
}

/** A blob that BuildKit writes, whose bytes are passed on as they come. It cannot be resumed. */
export class StreamedBlob implements Writing {
  readonly startedAt = new Date();
  updatedAt = this.startedAt;
  offset = 0;
  #isOver = false;

  constructor(
    readonly ref: string,
    readonly total: number,
    readonly expected: string,
    private readonly target: BlobTarget,
  ) {}

  get digest(): string {
    return this.expected;
  }

  async write(data: Uint8Array): Promise<void> {
    if (this.offset + data.length > this.total)
      throw new StatusError(
        Code.FailedPrecondition,
        `${this.ref} has more than the announced ${this.total} bytes.`,
      );
    await this.target.write(data);
    this.offset += data.length;
    this.updatedAt = new Date();
  }

  async truncate(): Promise<void> {
    throw new StatusError(Code.Aborted, `${this.ref} cannot be restarted.`);
  }

  async commit(): Promise<string> {
    if (this.offset !== this.total)
      throw new StatusError(
        Code.FailedPrecondition,
        `${this.ref} has ${this.offset} bytes, not ${this.total}.`,
      );
    await this.target.end();
    this.#isOver = true;
    return this.expected;
  }

  release(): void {
    if (!this.#isOver) this.target.abandon();
  }
}
