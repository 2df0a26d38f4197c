import { once } from "node:events";
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
import { http2Settings, maxMessageBytes } from "../plugin-protocol/connection.js";

/** What the gRPC server of a plugin needs. */
export interface PluginServerOptions {
  /** Path of the unix socket to listen on, which must not exist, or a TCP address. */
  listen: { path: string } | { host: string; port: number };
  /** Mutual TLS in PEM: the own certificate and key, and who may have signed the peer's; absent means no TLS. */
  tls?: { cert: string; key: string; ca: string };
  /** The services. */
  routes: (router: ConnectRouter) => void;
}

/** The gRPC server of a plugin. */
export class PluginServer {
  readonly #stopping = new AbortController();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #server: Http2Server;
  #calls = 0;
  #idle = () => {};

  constructor(private readonly options: PluginServerOptions) {
    const handle = connectNodeAdapter({
      routes: options.routes,
      grpcWeb: false,
      connect: false,
      // Archives and tunnels are the bulk of what is sent, and don't get smaller.
      acceptCompression: [],
      readMaxBytes: maxMessageBytes,
      shutdownSignal: this.#stopping.signal,
    });
    const onRequest = (request: Http2ServerRequest, response: Http2ServerResponse) => {
      this.#calls += 1;
      response.once("close", () => {
        this.#calls -= 1;
        if (this.#calls === 0) this.#idle();
      });
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
    });
  }

  /** Starts to listen; nobody but the owner can connect to a socket. */
  async listen(): Promise<void> {
    const { listen } = this.options;
    this.#server.listen(listen);
    await once(this.#server, "listening");
    if ("path" in listen) chmodSync(listen.path, 0o600);
  }

  /**
   * Takes no new connections, lets the calls under way end for `graceMs`, then aborts their signals and ends all
   * connections `abortMs` later at most.
   */
  async close(graceMs: number, abortMs: number): Promise<void> {
    this.#server.close();
    for (const session of this.#sessions) session.close();
    await this.#calm(graceMs);
    this.#stopping.abort();
    await this.#calm(abortMs);
    for (const session of this.#sessions) session.destroy();
  }

  /** Resolves when no call is under way, or after a while. */
  async #calm(timeoutMs: number): Promise<void> {
    if (this.#calls === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#idle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
