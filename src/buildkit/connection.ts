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
import { clientLimits, windowBytes } from "./limits.js";

/** Opens one byte stream on which BuildKit's gRPC server speaks HTTP/2 with prior knowledge. */
export type Connect = () => Duplex | Promise<Duplex>;

/** A connection that ended without being asked to. */
export interface Loss {
  /** What the stream or the HTTP/2 layer said. */
  reason: string;
}

type SessionManager = NonNullable<GrpcTransportOptions["sessionManager"]>;

/**
 * The one HTTP/2 connection to a BuildKit. It is opened by the first request, and opened anew by the first request
 * after a loss. No PING is ever sent: buildkitd closes connections that are pinged more often than every 5 minutes.
 */
export class Connection implements SessionManager {
  readonly authority: string;
  #session: Promise<ClientHttp2Session> | undefined;
  #losses: Loss[] = [];
  #closed = false;

  constructor(
    private readonly connect: Connect,
    private readonly options: { host: string; timeoutMs: number },
  ) {
    this.authority = `http://${options.host}`;
  }

  /** How often the connection was lost so far; compare with a later {@link lossSince}. */
  get losses(): number {
    return this.#losses.length;
  }

  /** The first loss after a count of losses taken earlier. */
  lossSince(losses: number): Loss | undefined {
    return this.#losses[losses];
  }

  async request(method: string, path: string, headers: OutgoingHttpHeaders): Promise<ClientHttp2Stream> {
    const session = await this.open();
    return session.request({ ...headers, ":method": method, ":path": path });
  }

  notifyResponseByteRead(): void {}

  /** Ends the connection and everything on it; later requests fail with CANCELED. */
  async close(): Promise<void> {
    this.#closed = true;
    const session = await this.#session?.catch(() => undefined);
    if (!session || session.destroyed) return;
    const closed = new Promise((resolve) => session.once("close", resolve));
    session.destroy();
    await closed;
  }

  /** Opens the connection unless it is open. Rejects with UNAVAILABLE and the reason. */
  open(): Promise<ClientHttp2Session> {
    if (this.#closed) throw new ConnectError("the connection to BuildKit was closed", Code.Canceled);
    this.#session ??= this.#start().catch((cause) => {
      this.#session = undefined;
      throw new ConnectError(
        `cannot connect to BuildKit: ${reasonOf(cause)}`,
        Code.Unavailable,
        undefined,
        undefined,
        cause,
      );
    });
    return this.#session;
  }

  async #start(): Promise<ClientHttp2Session> {
    const socket = await this.connect();
    let reason: string | undefined;
    // Heard before http2 hears of it, so that a request that fails can already be told why.
    socket.once("error", (error) => {
      reason = reasonOf(error);
    });
    socket.once("close", () => {
      this.#session = undefined;
      if (!this.#closed) this.#losses.push({ reason: reason ?? "the connection was closed" });
    });
    const session = connect(this.authority, { ...clientLimits, createConnection: () => socket });
    session.on("error", (error) => {
      reason ??= reasonOf(error);
    });
    session.on("goaway", (code, _lastStream, data) => {
      // No new request may be made on it, while those under way go on.
      this.#session = undefined;
      reason ??= `BuildKit closes the connection (code ${code}${data?.length ? `, ${data}` : ""})`;
    });
    try {
      // BuildKit's first frame; what is not HTTP/2 fails here instead of in the first call.
      await once(session, "remoteSettings", { signal: AbortSignal.timeout(this.options.timeoutMs) });
    } catch (error) {
      session.destroy();
      socket.destroy();
      const timedOut = error instanceof Error && error.name === "AbortError";
      throw timedOut ? new Error(`no HTTP/2 answer within ${this.options.timeoutMs} ms`) : error;
    }
    session.setLocalWindowSize(windowBytes);
    return session;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
