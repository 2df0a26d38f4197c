import { createServer as createHttp1Server } from "node:http";
import {
  createServer as createHttp2Server,
  createSecureServer,
  type Http2Session,
  type Settings,
} from "node:http2";
import { createServer as createNetServer, type Server as NetServer, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Log } from "../base/log.js";
import { Admission } from "./admission.js";
import type { RequestHandler } from "./calls.js";
import type { ServerLimits } from "./limits.js";

/** TLS material of a server, in PEM. */
export interface TlsMaterial {
  cert: string;
  key: string;
  /** CA that must have signed every client's certificate; without it no client certificate is requested. */
  clientCa?: string;
}

/**
 * A server for HTTP/1.1 and HTTP/2 on one port. With TLS, ALPN selects the protocol; without, the first bytes do. It
 * owns its connections.
 */
export class Connections {
  readonly server: NetServer;
  #sockets = new Set<Socket>();
  #http1 = new Set<Socket>();
  #sessions = new Set<Http2Session>();

  constructor(onRequest: RequestHandler, limits: ServerLimits, log: Log, tls?: TlsMaterial) {
    const { maxHeaderBytes, firstRequestMs, connectionWindowBytes } = limits;
    const admission = new Admission(limits, log);
    // Node's requestTimeout would cut uploads that take longer than five minutes.
    const http1 = { maxHeaderSize: maxHeaderBytes, requestTimeout: 0 };
    const http2 = { settings: http2Settings(limits), maxSessionMemory: maxSessionMemoryMB };
    const onSession = (session: Http2Session) => {
      session.setLocalWindowSize(connectionWindowBytes);
      this.#sessions.add(session);
      session.once("close", () => this.#sessions.delete(session));
      // Its socket is closed by then, and its calls report the error.
      session.on("error", () => {});
    };
    if (tls) {
      const { cert, key, clientCa: ca } = tls;
      const asks = {
        ca,
        requestCert: ca !== undefined,
        rejectUnauthorized: true,
        minVersion: "TLSv1.2" as const,
        handshakeTimeout: firstRequestMs,
      };
      const secure = createSecureServer({ ...http2, ...asks, cert, key, allowHTTP1: true }, onRequest);
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

const http2Preface = Buffer.from("PRI");

/** Reads enough of a connection to distinguish HTTP/2's preface from HTTP/1.1, and puts it back. */
function readStart(socket: Socket, decide: (isHttp2: boolean) => void): void {
  let start = Buffer.alloc(0);
  const onReadable = () => {
    const chunk: Buffer | null = socket.read();
    if (chunk) start = Buffer.concat([start, chunk]);
    const compared = Math.min(start.length, http2Preface.length);
    const matches = start.subarray(0, compared).equals(http2Preface.subarray(0, compared));
    if (matches && compared < http2Preface.length && !socket.readableEnded) return;
    socket.off("readable", onReadable);
    socket.unshift(start);
    decide(matches);
  };
  socket.on("readable", onReadable);
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
