import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
} from "node:http2";
import type { Duplex } from "node:stream";
import { Code, ConnectError } from "@connectrpc/connect";
import type { GrpcTransportOptions } from "@connectrpc/connect-node";
import { clientLimits, windowBytes } from "./limits.js";

/** Opens one byte stream on which BuildKit's gRPC server speaks HTTP/2 with prior knowledge. */
export type Connect = () => Duplex | Promise<Duplex>;

/** What a {@link Connection} needs to know besides how to connect. */
export interface ConnectionOptions {
  /** The HTTP/2 authority. */
  host: string;
  /** How long a new stream may take to answer with HTTP/2, in milliseconds. */
  timeoutMs: number;
}

type SessionManager = NonNullable<GrpcTransportOptions["sessionManager"]>;

/**
 * The one HTTP/2 connection to a BuildKit. It is opened by the first request, and opened anew by the first request
 * after a loss. No PING is ever sent: buildkitd closes connections that are pinged more often than every 5 minutes.
 */
export class Connection implements SessionManager {
  readonly authority: string;
  #current: Promise<ClientHttp2Session> | undefined;
  /** Besides the current session those that BuildKit is about to close and that still have calls. */
  readonly #live = new Set<ClientHttp2Session>();
  readonly #losses: string[] = [];
  #closed = false;

  constructor(
    private readonly connect: Connect,
    private readonly options: ConnectionOptions,
  ) {
    this.authority = `http://${options.host}`;
  }

  /** How often the connection was lost so far; for {@link lossSince}. */
  get losses(): number {
    return this.#losses.length;
  }

  /** Why the connection was lost for the first time after a count of losses taken earlier; undefined if it wasn't. */
  lossSince(losses: number): string | undefined {
    return this.#losses[losses];
  }

  /** Makes a request, on a new connection if there is none. Rejects with UNAVAILABLE if there can't be one. */
  async request(method: string, path: string, headers: OutgoingHttpHeaders): Promise<ClientHttp2Stream> {
    const session = await this.#open();
    return session.request({ ...headers, ":method": method, ":path": path });
  }

  notifyResponseByteRead(): void {}

  /** Ends the connection and everything on it; later requests fail with CANCELED. */
  async close(): Promise<void> {
    this.#closed = true;
    const ends = [...this.#live].map((session) => new Promise((resolve) => session.once("close", resolve)));
    for (const session of this.#live) session.destroy();
    await Promise.all(ends);
  }

  async #open(): Promise<ClientHttp2Session> {
    this.#mustBeOpen();
    this.#current ??= this.#start();
    const opening = this.#current;
    try {
      return await opening;
    } catch (cause) {
      this.#forget(opening);
      this.#mustBeOpen();
      // Whoever makes the way to BuildKit has refused it: that is no matter of BuildKit being away.
      if (cause instanceof ConnectError && cause.code !== Code.Unavailable) throw cause;
      const message = `cannot connect to BuildKit: ${reasonOf(cause)}`;
      throw new ConnectError(message, Code.Unavailable, undefined, undefined, cause);
    }
  }

  async #start(): Promise<ClientHttp2Session> {
    const socket = await this.connect();
    socket.on("error", () => {}); // The session tells of it; later ones come to nobody.
    if (this.#closed) socket.destroy();
    const session = connect(this.authority, { ...clientLimits, createConnection: () => socket });
    this.#live.add(session);
    session.once("close", () => this.#live.delete(session));
    await answered(session, this.options.timeoutMs).catch((error) => {
      session.destroy();
      socket.destroy();
      throw error;
    });
    session.setLocalWindowSize(windowBytes);
    this.#watch(session, socket);
    return session;
  }

  /** Notes why and when a connection ends. */
  #watch(session: ClientHttp2Session, socket: Duplex): void {
    const opened = this.#current;
    let lost = false;
    let announced: string | undefined;
    const lose = (error?: Error) => {
      this.#forget(opened);
      if (lost || this.#closed) return;
      lost = true;
      this.#losses.push((error && reasonOf(error)) ?? announced ?? "it was closed");
    };
    session.on("goaway", (code, _lastStream, data) => {
      // Calls under way may go on; new ones need a new connection.
      this.#forget(opened);
      announced = `BuildKit ended it (code ${code}${data?.length ? `, ${data}` : ""})`;
    });
    for (const part of [socket, session]) {
      part.on("error", lose);
      part.once("close", () => lose());
    }
  }

  #forget(session: Promise<ClientHttp2Session> | undefined): void {
    if (this.#current === session) this.#current = undefined;
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new ConnectError("the connection to BuildKit was closed", Code.Canceled);
  }
}

/** Resolves with BuildKit's first frame: what is not HTTP/2 is told here instead of by the first call. */
function answered(session: ClientHttp2Session, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`no HTTP/2 answer within ${timeoutMs} ms`));
    const timer = setTimeout(late, timeoutMs);
    session.once("remoteSettings", () => {
      clearTimeout(timer);
      resolve();
    });
    session.on("error", reject);
    session.once("close", () => {
      clearTimeout(timer);
      reject(new Error("it was closed without an answer"));
    });
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
