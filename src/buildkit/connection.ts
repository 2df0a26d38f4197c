import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
} from "node:http2";
import type { Duplex } from "node:stream";
import { Code, ConnectError } from "@connectrpc/connect";
import type { GrpcTransportOptions } from "@connectrpc/connect-node";
import { Health } from "../gen/grpc/health/v1/health_pb.js";
import { destroySession } from "../network/destroy-session.js";
import { endWhenDead } from "../network/end-when-dead.js";
import { settlesWithin } from "../util/settles-within.js";
import { withPeriod } from "../util/with-period.js";
import { clientLimits, silence, windowBytes } from "./limits.js";

/** Opens a byte stream to BuildKit's gRPC server, which speaks HTTP/2 with prior knowledge. */
export type Connect = () => Duplex | Promise<Duplex>;

/** Options of a {@link Connection}. */
export interface ConnectionOptions {
  /** The HTTP/2 authority. */
  host: string;
  /** How long BuildKit may take to answer on a new connection, in milliseconds. Undefined: it may be silent for ever. */
  timeoutMs: number | undefined;
}

/** A call that every gRPC server answers, if only with UNIMPLEMENTED. */
const healthCheck = {
  ":method": "POST",
  ":path": `/${Health.typeName}/${Health.method.check.name}`,
  "content-type": "application/grpc",
  te: "trailers",
};
const emptyMessage = Buffer.alloc(5);

type SessionManager = NonNullable<GrpcTransportOptions["sessionManager"]>;

/**
 * The HTTP/2 connection to a BuildKit. The first request opens it, and after a loss the next request opens it again.
 */
export class Connection implements SessionManager {
  readonly authority: string;
  #current: Promise<ClientHttp2Session> | undefined;
  /** The current session, and sessions that BuildKit is closing but that still have calls. */
  readonly #live = new Map<ClientHttp2Session, Duplex>();
  readonly #losses: string[] = [];
  readonly #broken = new AbortController();
  #calls = 0;
  #closed = false;

  constructor(
    private readonly connect: Connect,
    private readonly options: ConnectionOptions,
  ) {
    this.authority = `http://${options.host}`;
  }

  /** How often the connection was lost; for {@link lossSince}. */
  get losses(): number {
    return this.#losses.length;
  }

  /** Why the connection was lost after an earlier value of {@link losses}; undefined if it was not. */
  lossSince(losses: number): string | undefined {
    return this.#losses[losses];
  }

  /** Aborts when a connection is lost, or BuildKit announces its end. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  /** There are no calls. */
  get isIdle(): boolean {
    return this.#calls === 0;
  }

  /**
   * Whether BuildKit answers on the present connection within a time, in milliseconds. Sends a request, not a PING: a gRPC
   * server in Go closes the connection (ENHANCE_YOUR_CALM) after three PINGs without a response in between.
   */
  async answers(withinMs: number): Promise<boolean> {
    const session = await this.#current?.catch(() => undefined);
    if (!session || session.closed) return false;
    let call: ClientHttp2Stream | undefined;
    try {
      call = session.request(healthCheck);
      const answered = once(call, "response");
      call.on("error", () => {}).resume();
      call.end(emptyMessage);
      // Whatever the answer is, it is one.
      if (await settlesWithin(withinMs, answered)) return true;
    } catch {
      // It has ended.
    }
    call?.close();
    return false;
  }

  /** Sends a request, on a new connection if there is none. Rejects with UNAVAILABLE if it cannot be opened. */
  async request(method: string, path: string, headers: OutgoingHttpHeaders): Promise<ClientHttp2Stream> {
    const session = await this.#open();
    const call = session.request({ ...headers, ":method": method, ":path": path });
    this.#calls += 1;
    call.once("close", () => {
      this.#calls -= 1;
    });
    // The caller may have left, and an unhandled error would end the process.
    return call.on("error", () => {});
  }

  notifyResponseByteRead(): void {}

  /** Closes the connection; its calls and later requests fail with CANCELED. */
  async close(): Promise<void> {
    this.#closed = true;
    const ends = [...this.#live.keys()].map(
      (session) => new Promise((resolve) => session.once("close", resolve)),
    );
    for (const [session, socket] of this.#live) destroySession(session, socket, closed());
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
      // The dialer refused; BuildKit itself is not unavailable.
      if (cause instanceof ConnectError && cause.code !== Code.Unavailable) throw cause;
      const message = withPeriod(`Cannot connect to BuildKit: ${reasonOf(cause)}`);
      throw new ConnectError(message, Code.Unavailable, undefined, undefined, cause);
    }
  }

  async #start(): Promise<ClientHttp2Session> {
    const socket = await this.connect();
    socket.on("error", () => {}); // Errors are reported by the session.
    if (this.#closed) socket.destroy();
    const session = connect(this.authority, { ...clientLimits, createConnection: () => socket });
    this.#live.set(session, socket);
    session.once("close", () => this.#live.delete(session));
    await answered(session, this.options.timeoutMs).catch((error) => {
      destroySession(session, socket, error);
      throw error;
    });
    session.setLocalWindowSize(windowBytes);
    const dead = () => destroySession(session, socket, new Error("it no longer answers"));
    if (this.options.timeoutMs !== undefined) endWhenDead(session, silence, dead, () => this.#calls > 0);
    this.#watch(session, socket);
    return session;
  }

  /** Records when and why a connection ends. */
  #watch(session: ClientHttp2Session, socket: Duplex): void {
    const opened = this.#current;
    let lost = false;
    let announced: string | undefined;
    const lose = (error?: Error) => {
      this.#forget(opened);
      if (lost || this.#closed) return;
      lost = true;
      this.#broken.abort();
      this.#losses.push((error && reasonOf(error)) ?? announced ?? "it was closed");
    };
    session.on("goaway", (code, _lastStream, data) => {
      // Calls in progress may continue; new ones need a new connection.
      this.#forget(opened);
      this.#broken.abort();
      announced = `BuildKit ended it (code ${code}${data?.length ? `, ${data}` : ""})`;
    });
    for (const end of [socket, session]) {
      end.on("error", lose);
      end.once("close", () => lose());
    }
  }

  #forget(session: Promise<ClientHttp2Session> | undefined): void {
    if (this.#current === session) this.#current = undefined;
  }

  #mustBeOpen(): void {
    if (this.#closed) throw closed();
  }
}

function closed(): ConnectError {
  return new ConnectError("The connection to BuildKit was closed.", Code.Canceled);
}

/** Resolves with BuildKit's first frame, so that a server without HTTP/2 is reported here and not by the first call. */
function answered(session: ClientHttp2Session, timeoutMs: number | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`no HTTP/2 answer within ${timeoutMs} ms`));
    const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs);
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
