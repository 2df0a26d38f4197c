import { type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";
import { dirname } from "node:path";
import type {
  DescMethodServerStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import { decode } from "../../codec/decode.js";
import { encode } from "../../codec/encode.js";
import type { Method } from "../../codec/message.js";
import { socketFolderFault } from "../../host-address/socket-folder.js";
import { endFlag, envelope, openEnvelopes } from "./envelopes.js";
import { Refusal } from "./refusal.js";

/** Options of a call. */
export interface CallOptions {
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/**
 * Calls a host on this machine with the Connect protocol over HTTP/1.1, with a connection for each call. It is loaded in
 * a few milliseconds; a client for gRPC over HTTP/2 takes 90. Errors are the same as those of `connectHost`.
 */
export class SocketCalls {
  readonly #path: string;
  readonly #closing = new AbortController();
  /** Open, for the first call. */
  #connection: Socket | undefined;

  private constructor(path: string, connection: Socket) {
    this.#path = path;
    this.#connection = connection.on("error", () => {});
  }

  /** Connects; undefined when nobody listens on the socket, or when its folder is not safe. */
  static async open(path: string): Promise<SocketCalls | undefined> {
    if (socketFolderFault(dirname(path))) return undefined;
    const connection = connect(path);
    return new Promise((resolve) => {
      connection.once("error", () => resolve(undefined));
      connection.once("connect", () => resolve(new SocketCalls(path, connection)));
    });
  }

  /** Calls a unary method. */
  unary<Desc extends DescMethodUnary>(
    { path, input, output }: Method<Desc>,
    message: MessageInitShape<Desc["input"]>,
    options: CallOptions = {},
  ): Promise<MessageShape<Desc["output"]>> {
    return this.#typed(path, options, async () => {
      const response = await this.#post(path, "application/proto", encode(input, message), options);
      return decode(output, await bodyOf(response));
    });
  }

  /** Calls a unary method with JSON, for messages without a table; returns the answer and its headers. */
  json(path: string, message: unknown): Promise<{ answer: unknown; headers: IncomingMessage["headers"] }> {
    return this.#typed(path, {}, async () => {
      const response = await this.#post(path, "application/json", JSON.stringify(message), {});
      const body = await bodyOf(response);
      return { answer: JSON.parse(body.toString()), headers: response.headers };
    });
  }

  /** Calls a method that streams its answer. */
  async *stream<Desc extends DescMethodServerStreaming>(
    { path, input, output }: Method<Desc>,
    message: MessageInitShape<Desc["input"]>,
    options: CallOptions = {},
  ): AsyncGenerator<MessageShape<Desc["output"]>> {
    try {
      const body = envelope(encode(input, message));
      const response = await this.#post(path, "application/connect+proto", body, options);
      for await (const { flags, data } of openEnvelopes(response)) {
        if (flags & endFlag) {
          const { error } = JSON.parse(Buffer.from(data).toString());
          if (error) throw new Refusal(200, error);
          return;
        }
        yield decode(output, data);
      }
      throw Object.assign(new Error("the stream has no end"), { code: "ERR_STREAM_PREMATURE_CLOSE" });
    } catch (cause) {
      throw await this.#explain(cause, path, options);
    }
  }

  /** Ends the calls in progress. */
  close(): void {
    this.#closing.abort();
    this.#connection?.destroy();
  }

  async #typed<T>(path: string, options: CallOptions, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (cause) {
      throw await this.#explain(cause, path, options);
    }
  }

  async #post(
    method: string,
    type: string,
    body: string | Uint8Array,
    { headers, signal }: CallOptions,
  ): Promise<IncomingMessage> {
    const signals = signal ? [this.#closing.signal, signal] : [this.#closing.signal];
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const call = request({
        createConnection: () => this.#dial(),
        method: "POST",
        path: `/${method}`,
        headers: { "content-type": type, "connect-protocol-version": "1", ...headers },
        signal: AbortSignal.any(signals),
      });
      call.once("response", resolve).once("error", reject).end(body);
    });
    if (response.statusCode === 200) return response;
    throw await Refusal.read(response.statusCode ?? 0, await bodyOf(response));
  }

  #dial(): Socket {
    const open = this.#connection;
    this.#connection = undefined;
    if (open) return open;
    const fault = socketFolderFault(dirname(this.#path));
    // The error is made from the folder's fault.
    if (fault && fault !== "missing") throw new Error(fault.why);
    return connect(this.#path);
  }

  async #explain(cause: unknown, path: string, { signal }: CallOptions): Promise<unknown> {
    const { callError, ended } = await import("./call-error.js");
    // The caller ended the call and knows why.
    if (this.#closing.signal.aborted || signal?.aborted) return ended(cause);
    return callError(cause, path, this.#path);
  }
}

async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks);
}
