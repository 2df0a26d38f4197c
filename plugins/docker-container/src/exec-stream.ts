import { Duplex } from "node:stream";

/** Of what a program writes to stderr so much is kept, to say why it failed. */
const maxStderrBytes = 4096;
/** Length of the header before each piece of output: its stream, three zero bytes, its length. */
const headerBytes = 8;
const stderrStream = 2;

/**
 * The standard streams of a program in a container. The Engine sends stdout and stderr in one stream, each piece behind
 * a header; this takes them apart. The end of the program is the end of the stream; what it wrote to stderr makes an
 * error of that.
 */
export class ExecStream extends Duplex {
  readonly #raw: Duplex;
  #header = Buffer.alloc(0);
  #left = 0;
  #isStderr = false;
  #stderr = "";

  constructor(
    raw: Duplex,
    /** Makes an error of what the program wrote to stderr. */
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

  /** Passes output on; false when the reader has enough for now. */
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
      const piece = rest.subarray(0, this.#left);
      rest = rest.subarray(piece.length);
      this.#left -= piece.length;
      if (this.#isStderr) this.#stderr = (this.#stderr + piece.toString()).slice(-maxStderrBytes);
      else wantsMore = this.push(piece) && wantsMore;
    }
    return wantsMore;
  }

  #end(): void {
    if (this.destroyed || this.readableEnded) return;
    const said = this.#stderr.trim();
    if (said) this.destroy(this.failed(said));
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

/** Takes output apart that has come to its end, such as a log: stdout and stderr in the order they were written. */
export function demultiplex(output: Buffer): string {
  const pieces: Buffer[] = [];
  for (let at = 0; at + headerBytes <= output.length; ) {
    const length = output.readUInt32BE(at + 4);
    pieces.push(output.subarray(at + headerBytes, at + headerBytes + length));
    at += headerBytes + length;
  }
  return Buffer.concat(pieces).toString();
}
