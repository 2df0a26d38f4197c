import { once, setMaxListeners } from "node:events";
import { chmodSync } from "node:fs";
import {
  createSecureServer,
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import type { ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { endWhenDead, type Silence } from "../network/end-when-dead.js";
import { http2Settings, maxMessageBytes } from "../plugin-protocol/connection.js";
import { settlesWithin } from "../util/settles-within.js";
import { endAborted } from "./end-aborted.js";

/** How long connections without calls may take to close, in milliseconds. */
const flushMs = 200;

/** Options of a plugin's gRPC server. */
export interface PluginServerOptions {
  /** Path of the unix socket to listen on, which must not exist, or a TCP address. */
  listen: { path: string } | { host: string; port: number };
  /** Mutual TLS in PEM: certificate, key, and the authority of the peer's certificate; absent means no TLS. */
  tls?: { cert: string; key: string; ca: string };
  /** When a host counts as dead that sends nothing; absent: when its connection ends. */
  silence?: Silence;
  /** The services. */
  routes: (router: ConnectRouter) => void;
}

/** The gRPC server of a plugin. */
export class PluginServer {
  readonly #stopping = new AbortController();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #server: Http2Server;
  /** Number of open calls, and of calls whose code has not ended yet. */
  #held = 0;
  #onIdle = () => {};

  constructor(private readonly options: PluginServerOptions) {
    // Every call listens.
    setMaxListeners(0, this.#stopping.signal);
    const handle = connectNodeAdapter({
      routes: options.routes,
      grpcWeb: false,
      connect: false,
      interceptors: [endAborted(() => this.#hold())],
      // Archives and tunnels are most of the traffic, and compression gains nothing there.
      acceptCompression: [],
      readMaxBytes: maxMessageBytes,
      shutdownSignal: this.#stopping.signal,
    });
    const onRequest = (request: Http2ServerRequest, response: Http2ServerResponse) => {
      response.once("close", this.#hold());
      handle(request, response);
    };
    const { tls } = options;
    this.#server = tls
      ? createSecureServer(
          {
            ...http2Settings,
            ...tls,
            requestCert: true,
            rejectUnauthorized: true,
            minVersion: "TLSv1.2",
          },
          onRequest,
        )
      : createServer(http2Settings, onRequest);
    this.#server.on("session", (session) => {
      this.#sessions.add(session);
      session.once("close", () => this.#sessions.delete(session));
      session.on("error", () => {});
      if (options.silence) endWhenDead(session, options.silence, () => session.destroy());
    });
  }

  /** Starts to listen; only the owner can connect to the socket. */
  async listen(): Promise<void> {
    const { listen } = this.options;
    this.#server.listen(listen);
    await once(this.#server, "listening");
    if ("path" in listen) chmodSync(listen.path, 0o600);
  }

  /**
   * Accepts no new connections and waits up to `graceMs` for running calls. Then aborts their signals, and closes all
   * connections up to `abortMs` later.
   */
  async close(graceMs: number, abortMs: number): Promise<void> {
    this.#server.close();
    for (const session of this.#sessions) session.close();
    await this.#idleWithin(graceMs);
    this.#stopping.abort();
    await this.#idleWithin(abortMs);
    // Sessions without calls close by themselves; destroying them earlier would drop the last errors of their calls.
    const closed = [...this.#sessions].map(
      (session) => new Promise<void>((resolve) => session.once("close", () => resolve())),
    );
    await settlesWithin(flushMs, Promise.all(closed));
    for (const session of this.#sessions) session.destroy();
  }

  #hold(): () => void {
    this.#held += 1;
    return () => {
      this.#held -= 1;
      if (this.#held === 0) this.#onIdle();
    };
  }

  /** Resolves when no call is running, or after a time. */
  async #idleWithin(timeoutMs: number): Promise<void> {
    if (this.#held === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
