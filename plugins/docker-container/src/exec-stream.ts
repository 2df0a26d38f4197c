import { Duplex } from "node:stream";

/** The end of stderr is kept, in characters, to explain a failure. */
const maxStderrLength = 4096;
/** Length of the header of each frame: stream number, three zero bytes, payload length. */
const headerBytes = 8;
const stderrStream = 2;

/**
 * The standard streams of a program in a container. The Engine multiplexes stdout and stderr in frames; this
 * demultiplexes them. The stream ends with the program. It ends with an error when the program wrote to stderr.
 */
export class ExecStream extends Duplex {
  readonly #raw: Duplex;
  #header = Buffer.alloc(0);
  #left = 0;
  #isStderr = false;
  #stderr = "";

  constructor(
    raw: Duplex,
    /** Makes an error of the program's stderr. */
    private readonly failed: (stderr: string) => Error,
  ) {
    super({ allowHalfOpen: true });
    this.#raw = raw;
    raw.on("data", (chunk: Buffer) => {
      if (!this.#take(chunk)) raw.pause();
    });
    raw.on("error", (error) => this.destroy(error));
    raw.on("end", () => this.#end());
    raw.on("close", () => this.#end());
  }

  /** Passes output on; false when the reader's buffer is full. */
  #take(chunk: Buffer): boolean {
    let wantsMore = true;
    for (let rest = chunk; rest.length > 0; ) {
      if (this.#left === 0) {
        const missing = headerBytes - this.#header.length;
        this.#header = Buffer.concat([this.#header, rest.subarray(0, missing)]);
        rest = rest.subarray(missing);
        if (this.#header.length < headerBytes) break;
        this.#isStderr = this.#header[0] === stderrStream;
        this.#left = this.#header.readUInt32BE(4);
        this.#header = Buffer.alloc(0);
        continue;
      }
      const chunk = rest.subarray(0, this.#left);
      rest = rest.subarray(chunk.length);
      this.#left -= chunk.length;
      if (this.#isStderr) this.#stderr = (this.#stderr + chunk.toString()).slice(-maxStderrLength);
      else wantsMore = this.push(chunk) && wantsMore;
    }
    return wantsMore;
  }

  #end(): void {
    if (this.destroyed || this.readableEnded) return;
    const stderr = this.#stderr.trim();
    if (stderr) this.destroy(this.failed(stderr));
    else this.push(null);
  }

  override _read(): void {
    this.#raw.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#raw.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.#raw.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#raw.on("error", () => {}).destroy();
    done(error);
  }
}

/** Demultiplexes complete output, such as a log: stdout and stderr in the order in which they were written. */
export function demultiplex(output: Buffer): string {
  const chunks: Buffer[] = [];
  for (let at = 0; at + headerBytes <= output.length; ) {
    const length = output.readUInt32BE(at + 4);
    chunks.push(output.subarray(at + headerBytes, at + headerBytes + length));
    at += headerBytes + length;
  }
  return Buffer.concat(chunks).toString();
}
