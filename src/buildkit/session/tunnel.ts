import type { ClientHttp2Stream } from "node:http2";
import { Duplex } from "node:stream";
import { BytesMessageSchema } from "../../gen/moby/buildkit/v1/control_pb.js";
import { decodeBounded } from "../../messages/answers.js";
import { MessageSplitter, prefixBytes, writePrefix } from "./framing.js";
import { HeaderJoiner } from "./header-joiner.js";

/** Tag of `BytesMessage.data`. */
const dataTag = 0x0a;
/** Approximate maximum size of a message in bytes; larger writes are split. */
const messageBytes = 1 << 20;

/**
 * The byte stream in `Control.Session`: each BytesMessage is the next chunk, in both directions. Back-pressure of
 * either side reaches the other one through the HTTP/2 stream.
 */
export class Tunnel extends Duplex {
  readonly #splitter = new MessageSplitter();
  readonly #joiner = new HeaderJoiner();

  constructor(private readonly call: ClientHttp2Stream) {
    super({ readableHighWaterMark: 1 << 20, writableHighWaterMark: 1 << 20 });
    call.on("data", (chunk: Buffer) => this.#receive(chunk));
    call.once("end", () => this.push(null));
    call.once("error", (error) => this.destroy(error));
    call.once("close", () => this.destroy());
  }

  #receive(chunk: Buffer): void {
    try {
      for (const message of this.#splitter.push(chunk)) {
        const { data } = decodeBounded(BytesMessageSchema, message);
        for (const chunk of this.#joiner.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength))) {
          if (!this.push(chunk)) this.call.pause();
        }
      }
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  override _read(): void {
    this.call.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this._writev([{ chunk }], done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.call.cork();
    for (let first = 0; first < chunks.length; ) {
      let bytes = 0;
      let end = first;
      while (end < chunks.length && (bytes === 0 || bytes < messageBytes))
        bytes += chunks[end++]!.chunk.length;
      this.call.write(messageHead(bytes));
      for (; first < end; first++) {
        this.call.write(chunks[first]!.chunk, first === chunks.length - 1 ? done : undefined);
      }
    }
    this.call.uncork();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.call.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.call.close();
    done(error);
  }
}

/** The gRPC prefix and the head of a BytesMessage with this many bytes of data. */
function messageHead(bytes: number): Buffer {
  const head = Buffer.allocUnsafe(prefixBytes + 6);
  let end = prefixBytes;
  head[end++] = dataTag;
  let rest = bytes;
  for (; rest > 0x7f; rest >>>= 7) head[end++] = (rest & 0x7f) | 0x80;
  head[end++] = rest;
  writePrefix(head, 0, end - prefixBytes + bytes);
  return head.subarray(0, end);
}
