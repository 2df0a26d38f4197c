import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
} from "node:http2";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { Code, ConnectError } from "@connectrpc/connect";
import type { GrpcTransportOptions } from "@connectrpc/connect-node";
import type { Certificate } from "../plugin-protocol/certificate.js";
import { http2Settings } from "../plugin-protocol/connection.js";
import type { HandshakeLine } from "../plugin-protocol/handshake-line.js";
import { destroySession } from "../util/destroy-session.js";

type SessionManager = NonNullable<GrpcTransportOptions["sessionManager"]>;

/** Name in the certificates of both sides. */
const serverName = "localhost";

/**
 * The only HTTP/2 connection to a plugin's process. It is never reopened: when it breaks, the process counts as dead,
 * and {@link PluginConnection.lost} reports why.
 */
export class PluginConnection implements SessionManager {
  readonly authority = `https://${serverName}`;
  /** Resolves with the reason when the connection ends. */
  readonly lost: Promise<string>;

  private constructor(private readonly session: ClientHttp2Session) {
    let reason = "it closed the connection";
    session.on("error", (error) => {
      reason = `the connection broke: ${error.message}`;
    });
    this.lost = new Promise((resolve) => session.once("close", () => resolve(reason)));
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
  static async connect(options: ConnectionOptions, signal: AbortSignal): Promise<PluginConnection> {
    const socket = connectTls({ ...options, ALPNProtocols: ["h2"], minVersion: "TLSv1.2" });
    try {
      await once(socket, "secureConnect", { signal });
      const session = connect(`https://${serverName}`, { ...http2Settings, createConnection: () => socket });
      try {
        // Waits for the first frame, so that a peer without HTTP/2 fails here instead of in the first call.
        await Promise.race([once(session, "remoteSettings", { signal }), refused(socket, session)]);
        return new PluginConnection(session);
      } catch (cause) {
        session.on("error", () => {});
        session.destroy();
        throw cause;
      }
    } catch (cause) {
      socket.on("error", () => {});
      socket.destroy();
      throw new Error(`the host cannot connect to it: ${(cause as Error).message}`, { cause });
    }
  }

  async request(method: string, path: string, headers: OutgoingHttpHeaders): Promise<ClientHttp2Stream> {
    if (this.session.closed || this.session.destroyed) {
      throw new ConnectError("The connection to the plugin is closed.", Code.Unavailable);
    }
    return this.session.request({ ...headers, ":method": method, ":path": path });
  }

  notifyResponseByteRead(): void {}

  /** Ends the connection and all calls on it. */
  close(): void {
    const reason = new ConnectError("the connection to the plugin was closed", Code.Canceled);
    destroySession(this.session, reason);
  }
}

/** Rejects when the other side closes the connection before its first frame, since it does not trust this side. */
async function refused(socket: TLSSocket, session: ClientHttp2Session): Promise<never> {
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
