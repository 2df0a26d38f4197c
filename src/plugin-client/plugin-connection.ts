import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
} from "node:http2";
import { connect as connectSocket, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions as TlsOptions } from "node:tls";
import { Code, ConnectError } from "@connectrpc/connect";
import type { GrpcTransportOptions } from "@connectrpc/connect-node";
import { destroySession } from "../network/destroy-session.js";
import { endWhenDead } from "../network/end-when-dead.js";
import type { Certificate } from "../plugin-protocol/certificate.js";
import { http2Settings } from "../plugin-protocol/connection.js";
import type { HandshakeLine } from "../plugin-protocol/handshake-line.js";

/** A unix socket or a TCP address. */
export type PlainAddress = { path: string } | { host: string; port: number };

type SessionManager = NonNullable<GrpcTransportOptions["sessionManager"]>;

/** gRPC servers close connections that are pinged more often than every 5 minutes. */
const silence = { afterMs: 330_000, answerMs: 30_000 };
/** Name in the certificates of both sides. */
const serverName = "localhost";

/**
 * The only HTTP/2 connection to a plugin's process. It is never reopened: when it breaks, the process counts as dead,
 * and {@link PluginConnection.lost} reports why.
 */
export class PluginConnection implements SessionManager {
  /** Resolves with the reason when the connection ends. */
  readonly lost: Promise<string>;
  #calls = 0;

  private constructor(
    readonly authority: string,
    private readonly session: ClientHttp2Session,
    private readonly socket: Socket,
  ) {
    let reason = "it closed the connection";
    session.on("error", (error) => {
      reason = `the connection broke: ${error.message}`;
    });
    this.lost = new Promise((resolve) => session.once("close", () => resolve(reason)));
    // The session counts as closed only after the event; it may also have come before.
    session.on("goaway", () => setImmediate(() => this.#endUnused()));
    setImmediate(() => this.#endUnused());
  }

  /** Connects to a plugin that the host started. Rejects with the plugin's fault, as a clause. */
  static async open(line: HandshakeLine, own: Certificate, signal: AbortSignal): Promise<PluginConnection> {
    const { address, certificate } = line;
    if (!certificate) throw new Error("it does not speak TLS, although the host asked for it (AutoMTLS)");
    const where =
      address.network === "unix" ? { path: address.path } : { host: address.host, port: address.port };
    const tls = { servername: serverName, ca: [pem(certificate)], cert: own.pem, key: own.key };
    return PluginConnection.connect({ ...where, ...tls }, signal);
  }

  /** Connects with mutual TLS. Rejects with the other side's fault, as a clause. */
  static async connect(options: TlsOptions, signal: AbortSignal): Promise<PluginConnection> {
    const socket = connectTls({ ...options, ALPNProtocols: ["h2"], minVersion: "TLSv1.2" });
    const secured = once(socket, "secureConnect", { signal });
    const connection = await PluginConnection.#over(socket, secured, `https://${serverName}`, signal);
    connection.#endWhenSilent();
    return connection;
  }

  /**
   * Connects without TLS to a plugin that its author runs. Rejects as {@link connect}. A debugger may stop the plugin for
   * any time, so the connection lasts however long the plugin is silent.
   */
  static async connectPlain(where: PlainAddress, signal: AbortSignal): Promise<PluginConnection> {
    const socket = connectSocket(where);
    return PluginConnection.#over(
      socket,
      once(socket, "connect", { signal }),
      `http://${serverName}`,
      signal,
    );
  }

  static async #over(socket: Socket, connected: Promise<unknown>, authority: string, signal: AbortSignal) {
    try {
      await connected;
      const session = connect(authority, { ...http2Settings, createConnection: () => socket });
      try {
        // Waits for the first frame, so that a peer without HTTP/2 fails here instead of in the first call.
        await Promise.race([once(session, "remoteSettings", { signal }), refused(socket, session)]);
        return new PluginConnection(authority, session, socket);
      } catch (cause) {
        session.on("error", () => {});
        destroySession(session, socket, cause as Error);
        throw cause;
      }
    } catch (cause) {
      socket.on("error", () => {});
      setImmediate(() => socket.destroy());
      const why = signal.aborted ? "it did not answer in time" : (cause as Error).message;
      throw new Error(`the host cannot connect to it: ${why}`, { cause });
    }
  }

  #endWhenSilent(): void {
    const dead = () => destroySession(this.session, this.socket, new Error("it no longer answers"));
    endWhenDead(this.session, silence, dead, () => this.#calls > 0);
  }

  async request(method: string, path: string, headers: OutgoingHttpHeaders): Promise<ClientHttp2Stream> {
    if (this.session.closed || this.session.destroyed) {
      throw new ConnectError("The connection to the plugin is closed.", Code.Unavailable);
    }
    const call = this.session.request({ ...headers, ":method": method, ":path": path });
    this.#calls += 1;
    // Whoever asked may have left in the meantime, and an error that nobody handles ends the process.
    call.on("error", () => {});
    call.once("close", () => {
      this.#calls -= 1;
      this.#endUnused();
    });
    return call;
  }

  /** After a GOAWAY no call can be made. Node then waits for the plugin to close the connection, which may never happen. */
  #endUnused(): void {
    if (this.session.closed && this.#calls === 0) this.socket.destroy();
  }

  notifyResponseByteRead(): void {}

  /** Ends the connection and all calls on it. */
  close(): void {
    const reason = new ConnectError("the connection to the plugin was closed", Code.Canceled);
    destroySession(this.session, this.socket, reason);
  }
}

/** Rejects when the other side closes the connection before its first frame, since it does not trust this side. */
async function refused(socket: Socket, session: ClientHttp2Session): Promise<never> {
  let reason = "it closed the connection";
  socket.once("error", ({ message }) => {
    reason = message;
  });
  await once(session, "close");
  throw new Error(reason);
}

function pem(certificate: Buffer): string {
  try {
    return new X509Certificate(certificate).toString();
  } catch (cause) {
    throw new Error("the certificate in its handshake line cannot be read", { cause });
  }
}
