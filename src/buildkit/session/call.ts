import type { ServerHttp2Stream } from "node:http2";
import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import { MessageSplitter, prefixBytes, writePrefix } from "./framing.js";
import { encodeGrpcMessage } from "./grpc-message.js";
import type { SessionCall } from "./method.js";

/** Messages up to this size are sent in batches; larger ones at once and without a copy. */
const smallBytes = 4 << 10;
const batchBytes = 64 << 10;
const sent = Promise.resolve();

/** One call of BuildKit: a stream of the session's inner HTTP/2 connection. */
export class StreamCall implements SessionCall {
  readonly signal: AbortSignal;
  readonly messages: AsyncIterable<Uint8Array>;
  #batch: Buffer | undefined;
  #batched = 0;
  #flush: NodeJS.Immediate | undefined;
  /** Resolves when the stream accepts more; shared by all waiting senders. */
  #drained: { promise: Promise<void>; settle: (error?: Error) => void } | undefined;

  constructor(
    private readonly stream: ServerHttp2Stream,
    private readonly rawHeaders: string[],
  ) {
    const abort = new AbortController();
    this.signal = abort.signal;
    this.messages = this.#receive();
    stream.on("drain", () => this.#settle());
    stream.once("close", () => {
      clearImmediate(this.#flush);
      abort.abort(cancelled());
      this.#settle(cancelled());
    });
  }

  header(name: string): string[] {
    const wanted = name.toLowerCase();
    const values: string[] = [];
    for (let i = 0; i < this.rawHeaders.length; i += 2) {
      // Node reads bytes as Latin-1; BuildKit before 0.10 sends UTF-8.
      if (this.rawHeaders[i] === wanted)
        values.push(Buffer.from(this.rawHeaders[i + 1]!, "latin1").toString());
    }
    return values;
  }

  send(message: Uint8Array): Promise<void> {
    if (!this.#isOpen || this.stream.writableEnded) return Promise.reject(cancelled());
    const bytes = prefixBytes + message.length;
    if (bytes > smallBytes) this.#sendAlone(message);
    else this.#gather(message, bytes);
    return this.stream.writableNeedDrain ? this.#drain() : sent;
  }

  /** BuildKit may have reset the stream, with any code, although Node has not closed it yet. */
  get #isOpen(): boolean {
    return !this.stream.destroyed && !this.stream.closed;
  }

  /** Ends the call. The status is sent in trailers, or with the headers if nothing was sent before. */
  end(code: number, message: string): void {
    if (!this.#isOpen) return;
    const status = {
      "grpc-status": String(code),
      ...(message && { "grpc-message": encodeGrpcMessage(message) }),
    };
    this.#writeBatch();
    if (this.stream.headersSent) {
      this.stream.once("wantTrailers", () => {
        if (this.#isOpen) this.stream.sendTrailers(status);
      });
      this.stream.end();
    } else {
      this.stream.respond({ ...responseHeaders, ...status }, { endStream: true });
    }
    // Data that BuildKit still sends must not fill the window of the connection.
    this.stream.resume();
  }

  #sendAlone(message: Uint8Array): void {
    const prefix = Buffer.allocUnsafe(prefixBytes);
    writePrefix(prefix, 0, message.length);
    this.#writeBatch();
    this.stream.cork();
    this.#write(prefix);
    this.#write(message);
    this.stream.uncork();
  }

  #gather(message: Uint8Array, bytes: number): void {
    if (this.#batch && this.#batched + bytes > batchBytes) this.#writeBatch();
    this.#batch ??= Buffer.allocUnsafeSlow(batchBytes);
    writePrefix(this.#batch, this.#batched, message.length);
    this.#batch.set(message, this.#batched + prefixBytes);
    this.#batched += bytes;
    this.#flush ??= setImmediate(() => this.#writeBatch());
  }

  #writeBatch(): void {
    clearImmediate(this.#flush);
    this.#flush = undefined;
    if (!this.#batch || !this.#isOpen) return;
    const batch = this.#batch.subarray(0, this.#batched);
    this.#batch = undefined;
    this.#batched = 0;
    this.#write(batch);
  }

  #write(data: Uint8Array): void {
    if (!this.stream.headersSent) this.stream.respond(responseHeaders, { waitForTrailers: true });
    this.stream.write(data);
  }

  #drain(): Promise<void> {
    if (!this.#drained) {
      let settle: (error?: Error) => void = () => {};
      const promise = new Promise<void>((resolve, reject) => {
        settle = (error) => (error ? reject(error) : resolve());
      });
      promise.catch(() => {});
      this.#drained = { promise, settle };
    }
    return this.#drained.promise;
  }

  #settle(error?: Error): void {
    this.#drained?.settle(error);
    this.#drained = undefined;
  }

  async *#receive(): AsyncGenerator<Uint8Array> {
    const splitter = new MessageSplitter();
    try {
      for await (const chunk of this.stream.iterator({ destroyOnReturn: false })) yield* splitter.push(chunk);
    } catch (error) {
      throw error instanceof StatusError ? error : cancelled();
    }
    if (this.signal.aborted) throw cancelled();
    splitter.end();
  }
}

const responseHeaders = { ":status": 200, "content-type": "application/grpc" };

function cancelled(): StatusError {
  return new StatusError(Code.Canceled, "BuildKit cancelled the call.");
}
