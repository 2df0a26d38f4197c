import { createServer as createHttp1Server } from "node:http";
import {
  createServer as createHttp2Server,
  createSecureServer,
  type Http2Session,
  type Settings,
} from "node:http2";
import { createServer as createNetServer, type Server as NetServer, type Socket } from "node:net";
import type { SecureContextOptions, TLSSocket } from "node:tls";
import { endWhenDead } from "../../network/end-when-dead.js";
import { readStart } from "../../network/read-start.js";
import type { FileSettings } from "../base/file-settings.js";
import type { Log } from "../base/log.js";
import { Admission } from "./admission.js";
import type { RequestHandler } from "./calls.js";
import type { ServerLimits } from "./limits.js";
import type { TlsMaterial } from "./tls-files.js";

/**
 * A server for HTTP/1.1 and HTTP/2 on one port. With TLS, ALPN selects the protocol; without, the first bytes do. It
 * owns its connections.
 */
export class Connections {
  readonly server: NetServer;
  #sockets = new Set<Socket>();
  #http1 = new Set<Socket>();
  #sessions = new Set<Http2Session>();

  /** @param tls what new connections use; a change does not affect open ones */
  constructor(onRequest: RequestHandler, limits: ServerLimits, log: Log, tls?: FileSettings<TlsMaterial>) {
    const { maxHeaderBytes, firstRequestMs, connectionWindowBytes } = limits;
    const admission = new Admission(limits, log);
    // Node's requestTimeout would cut uploads that take longer than five minutes.
    const http1 = { maxHeaderSize: maxHeaderBytes, requestTimeout: 0 };
    const http2 = { settings: http2Settings(limits), maxSessionMemory: maxSessionMemoryMB };
    const onSession = (session: Http2Session) => {
      session.setLocalWindowSize(connectionWindowBytes);
      this.#sessions.add(session);
      session.once("close", () => this.#sessions.delete(session));
      endWhenDead(session, limits.silence, () => session.destroy());
      // Its socket is closed by then, and its calls report the error.
      session.on("error", () => {});
    };
    if (tls) {
      const asks = {
        requestCert: tls.value.clientCa !== undefined,
        rejectUnauthorized: true,
        handshakeTimeout: firstRequestMs,
      };
      const options = { ...http2, ...asks, ...contextOf(tls.value), allowHTTP1: true };
      const secure = createSecureServer(options, onRequest);
      // Its keys for session tickets are new too, so that no client resumes a session of a former CA.
      tls.onChange((material) => secure.setSecureContext(contextOf(material)));
      // Unlike the plain server, this one does not read them from its options.
      Object.assign(secure, http1);
      secure.on("session", onSession);
      secure.on("secureConnection", (socket: TLSSocket) => {
        admission.watch(socket);
        if (socket.alpnProtocol !== "h2") this.#ownHttp1(socket);
      });
      this.server = secure as unknown as NetServer;
    } else {
      const overHttp1 = createHttp1Server(http1, onRequest);
      const overHttp2 = createHttp2Server(http2, onRequest);
      overHttp2.on("session", onSession);
      this.server = createNetServer({ noDelay: true }, (socket) =>
        readStart(socket, (isHttp2) => {
          if (!isHttp2) this.#ownHttp1(socket);
          (isHttp2 ? overHttp2 : overHttp1).emit("connection", socket);
        }),
      );
    }
    admission.limit(this.server);
    this.server.prependListener("connection", (socket: Socket) => {
      this.#own(socket);
      // With TLS, requests arrive on another socket, which is watched after the handshake.
      if (admission.accept(socket) && !tls) admission.watch(socket);
    });
  }

  #own(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.#sockets.delete(socket));
  }

  #ownHttp1(socket: Socket): void {
    this.#http1.add(socket);
    socket.once("close", () => this.#http1.delete(socket));
  }

  /** Lets clients send new calls on new connections, which a load balancer leads to another host. Open calls go on. */
  retire(): void {
    for (const session of this.#sessions) session.close();
  }

  /** Stops accepting connections. */
  stopAccepting(): void {
    this.server.close();
  }

  /** Stops accepting connections and closes the open ones: gracefully, then by force after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const session of this.#sessions) session.close();
    for (const socket of this.#http1) socket.destroySoon();
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, graceMs);
    await closed;
    clearTimeout(timer);
  }
}

function contextOf({ cert, key, clientCa: ca }: TlsMaterial): SecureContextOptions {
  return { cert, key, ca, minVersion: "TLSv1.2" };
}

function http2Settings(limits: ServerLimits): Settings {
  return {
    initialWindowSize: limits.streamWindowBytes,
    maxConcurrentStreams: limits.maxConcurrentStreams,
    maxHeaderListSize: limits.maxHeaderBytes,
  };
}

/** Node closes a session that buffers more, in megabytes. The default of 10 is less than one connection window. */
const maxSessionMemoryMB = 64;
