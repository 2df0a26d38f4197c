import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type Duplex, Readable } from "node:stream";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { ArchiveTransferSchema, HttpAnswer } from "../gen/slipway/driver/v1/image_store_pb.js";
import { httpExchange } from "../network/http-exchange.js";
import { driverError } from "./driver-error.js";
import {
  type ArchiveAnswer,
  type ArchiveRequest,
  type DirectEndpoint,
  TransferBroken,
} from "./image-archive.js";
import { RelaySocket } from "./relay-socket.js";
import { RelayStreams } from "./relay-streams.js";

/** How an archive travels, for the host. */
export type TransferInit = MessageInitShape<typeof ArchiveTransferSchema>;

/** A part of the host's answer. */
export type AnswerPart = HttpAnswer["part"];

/** What an {@link ArchiveTransfer} works with. */
export interface TransferOptions {
  /** Folder for sockets; undefined when the host is on another machine. */
  folder: string | undefined;
  /** Tells the host how the archive travels. */
  choose(transfer: TransferInit): Promise<void>;
  /** What the host sends of the answer. */
  answers: AsyncIterator<AnswerPart>;
  /** Ends the transfer. */
  signal: AbortSignal;
}

/** The one transfer of a call: an HTTP request by the host or by this process, or the messages of the call. */
export class ArchiveTransfer {
  readonly #options: TransferOptions;
  #isChosen = false;
  /** Leads the host's connection through this process. */
  #relay: { streams: RelayStreams; socket?: RelaySocket; stream?: Duplex } | undefined;

  constructor(options: TransferOptions) {
    this.#options = options;
  }

  /** The archive travels in the messages of the call. */
  stream(): Promise<void> {
    return this.#choose({ transport: { case: "stream", value: {} } });
  }

  /** Has the host make a request. Undefined when the host cannot reach the server: see {@link exchange}. */
  async request(request: ArchiveRequest): Promise<ArchiveAnswer | undefined> {
    const address = await this.#addressFor(request);
    if (!address) return undefined;
    const { method, path, headers = {} } = request;
    const fields = Object.entries(headers).map(([name, value]) => ({ name, value }));
    await this.#choose({ transport: { case: "http", value: { address, method, path, headers: fields } } });
    const { answers } = this.#options;
    const { value: part, done } = await answers.next();
    if (done || part.case !== "status") throw this.#broken(part);
    return { status: part.value, body: this.#bodyOf(answers) };
  }

  /** Makes a request from this process; the archive then travels in the messages of the call. */
  async exchange(request: ArchiveRequest, body?: AsyncIterable<Uint8Array>): Promise<ArchiveAnswer> {
    const { signal } = this.#options;
    const source = body && Readable.from(body, { objectMode: false });
    const connection = await request.connect(signal);
    const rethrow = (cause: unknown): never => {
      signal.throwIfAborted();
      throw connection.errored ?? new TransferBroken((cause as Error).message, { cause });
    };
    const answer = await httpExchange(connection, request, source, signal).catch(rethrow);
    const bytes = async function* () {
      try {
        yield* answer as AsyncIterable<Uint8Array>;
      } catch (cause) {
        rethrow(cause);
      }
    };
    return { status: answer.statusCode ?? 0, body: bytes() };
  }

  /** Closes what the transfer opened. */
  close(): void {
    this.#relay?.socket?.close();
    this.#relay?.streams.end();
  }

  async #choose(transfer: TransferInit): Promise<void> {
    if (this.#isChosen) throw new Error("An image archive was sent or received twice.");
    this.#isChosen = true;
    await this.#options.choose(transfer);
  }

  /** Where the host connects: to the server, or to a socket that leads to it through this process. */
  async #addressFor({ connect, direct }: ArchiveRequest): Promise<DirectEndpoint | undefined> {
    const { folder, signal } = this.#options;
    if (direct && (folder || direct.case === "tcp")) return direct;
    if (!folder) return undefined;
    const streams = new RelayStreams(connect);
    this.#relay = { streams };
    this.#relay.stream = await streams.probe(signal);
    const path = join(folder, `${randomBytes(6).toString("hex")}.sock`);
    this.#relay.socket = await RelaySocket.listen(path, streams);
    // It may have been closed meanwhile.
    if (signal.aborted) this.close();
    return { case: "unix", value: { path } };
  }

  async *#bodyOf(answers: AsyncIterator<AnswerPart>): AsyncGenerator<Uint8Array> {
    for (let next = await answers.next(); !next.done; next = await answers.next()) {
      if (next.value.case !== "body") throw this.#broken(next.value);
      yield next.value.value;
    }
  }

  #broken(part: AnswerPart | undefined): Error {
    if (part?.case === "failure") return this.#relay?.stream?.errored ?? new TransferBroken(part.value);
    return transferIncomplete("The answer of an HTTP server is out of order, or incomplete.");
  }
}

/** INVALID_ARGUMENT: the requests of a call that carries an archive are wrong. */
export function transferIncomplete(message: string): Error {
  return driverError({ code: Code.InvalidArgument, reason: "TRANSFER_INCOMPLETE", message });
}
