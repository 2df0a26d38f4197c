import { once } from "node:events";
import { createServer as createHttp1Server } from "node:http";
import { createServer as createHttp2Server, createSecureServer, type Http2Session } from "node:http2";
import { type AddressInfo, createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { readStart } from "../../network/read-start.js";
import type { Certificate } from "../../plugin-protocol/certificate.js";
import { type CallRecord, type HostScript, scriptedCalls } from "./host-script.js";

/** Bytes of one stream that are received before they are read. */
const windowBytes = 4 << 20;

/** Options of {@link ScriptedHost.open}. */
export interface ScriptedHostOptions {
  script: HostScript;
  listen: ListenOptions;
  /** Serve with TLS. */
  certificate?: Certificate;
}

/**
 * A host that plays a script: it speaks Connect, gRPC and gRPC-Web like a real one, runs no build, and records each
 * call. The owner calls {@link ScriptedHost.close}.
 */
export class ScriptedHost {
  /** The calls so far, in order. */
  readonly calls: CallRecord[] = [];
  /** Connections that were accepted so far. */
  connections = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor({ script, certificate }: ScriptedHostOptions) {
    const onRequest = scriptedCalls(script, this.calls, () => this.cut());
    const settings = { initialWindowSize: windowBytes };
    const onSession = (session: Http2Session) => void session.on("error", () => {});
    if (certificate) {
      const { pem: cert, key } = certificate;
      const secure = createSecureServer({ cert, key, settings, allowHTTP1: true }, onRequest);
      secure.on("session", onSession).on("tlsClientError", () => {});
      this.#server = secure as unknown as Server;
    } else {
      const http1 = createHttp1Server(onRequest);
      const http2 = createHttp2Server({ settings }, onRequest).on("session", onSession);
      this.#server = createServer((socket) =>
        readStart(socket, (isHttp2) => (isHttp2 ? http2 : http1).emit("connection", socket)),
      );
    }
    this.#server.prependListener("connection", (socket: Socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  /** Starts to listen. */
  static async open(options: ScriptedHostOptions): Promise<ScriptedHost> {
    const host = new ScriptedHost(options);
    host.#server.listen(options.listen);
    await once(host.#server, "listening");
    return host;
  }

  /** The port, on TCP. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The calls of one method. */
  callsOf(method: string): CallRecord[] {
    return this.calls.filter((call) => call.method === method);
  }

  /** Cuts all connections. New ones are accepted. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Cuts all connections, and accepts no new ones. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.cut();
    await closed;
  }
}
