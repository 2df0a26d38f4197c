import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import { maxMessageBytes } from "../limits.js";

/** Size of a gRPC message prefix: one byte of flags, four of length. */
export const prefixBytes = 5;

/** Writes the prefix of an uncompressed gRPC message with `messageBytes` bytes. */
export function writePrefix(target: Buffer, offset: number, messageBytes: number): void {
  target[offset] = 0;
  target.writeUInt32BE(messageBytes, offset + 1);
}

/** Splits a byte stream into gRPC messages. Messages within one chunk are not copied. */
export class MessageSplitter {
  #rest: Buffer[] = [];
  #restBytes = 0;
  /** Bytes that `#rest` needs before it can be split further: a prefix, or a complete message. */
  #needed = prefixBytes;

  /** Takes the next chunk and returns the messages it completes. */
  push(chunk: Buffer): Buffer[] {
    this.#rest.push(chunk);
    this.#restBytes += chunk.length;
    if (this.#restBytes < this.#needed) return [];
    const data = this.#rest.length === 1 ? chunk : Buffer.concat(this.#rest, this.#restBytes);
    const messages: Buffer[] = [];
    let offset = 0;
    this.#needed = prefixBytes;
    while (data.length - offset >= prefixBytes) {
      const size = messageSize(data, offset);
      if (data.length - offset < prefixBytes + size) {
        this.#needed = prefixBytes + size;
        break;
      }
      messages.push(data.subarray(offset + prefixBytes, offset + prefixBytes + size));
      offset += prefixBytes + size;
    }
    this.#restBytes = data.length - offset;
    this.#rest = this.#restBytes ? [data.subarray(offset)] : [];
    return messages;
  }

  /** Throws if the stream ended within a message. */
  end(): void {
    if (this.#restBytes) throw new StatusError(Code.Internal, "The stream ended within a message.");
  }
}

function messageSize(data: Buffer, offset: number): number {
  if (data[offset] !== 0) throw new StatusError(Code.Unimplemented, "Compressed messages are not supported.");
  const size = data.readUInt32BE(offset + 1);
  if (size > maxMessageBytes) {
    throw new StatusError(
      Code.ResourceExhausted,
      `A message of ${size} bytes is larger than the limit of ${maxMessageBytes}.`,
    );
  }
  return size;
}
