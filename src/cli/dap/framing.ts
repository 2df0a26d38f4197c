/** The largest message that is read, in bytes. */
const maxMessageBytes = 16 * 1024 * 1024;

/** The longest header, in bytes. */
const maxHeaderBytes = 8 * 1024;

const headerEnd = Buffer.from("\r\n\r\n");

/** Encodes a message of the Debug Adapter Protocol. */
export function frame(message: object): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
}

/** Reads messages of the Debug Adapter Protocol from a stream of bytes. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Adds bytes, and returns the messages that are complete. Throws for a malformed message. */
  add(bytes: Uint8Array): unknown[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const messages: unknown[] = [];
    for (;;) {
      const end = this.#rest.indexOf(headerEnd);
      if (end > maxHeaderBytes || (end < 0 && this.#rest.length > maxHeaderBytes))
        throw new Error("The header of a message is too long.");
      if (end < 0) return messages;
      const start = end + headerEnd.length;
      const length = lengthIn(this.#rest.toString("latin1", 0, end));
      if (this.#rest.length < start + length) return messages;
      messages.push(JSON.parse(this.#rest.toString("utf8", start, start + length)));
      this.#rest = this.#rest.subarray(start + length);
    }
  }
}

function lengthIn(header: string): number {
  const [, digits] = /^content-length: *(\d+) *$/im.exec(header) ?? [];
  const length = Number(digits);
  if (digits && length <= maxMessageBytes) return length;
  throw new Error(digits ? `A message has ${digits} bytes.` : "A message has no Content-Length.");
}
