import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
} from "node:http2";
import { connect as connectTls } from "node:tls";
import { Code, ConnectError } from "@connectrpc/connect";
import type { GrpcTransportOptions } from "@connectrpc/connect-node";
import type { Certificate } from "../../driver/contract/certificate.js";
import { http2Settings } from "../../driver/contract/contract.js";
import type { HandshakeLine } from "../../driver/contract/handshake-line.js";

type SessionManager = NonNullable<GrpcTransportOptions["sessionManager"]>;

/** Certificates of either side have this name. */
const serverName = "localhost";

/**
 * The one HTTP/2 connection to a plugin's process. It is never opened anew: when it breaks, the process is as good as
 * dead, and {@link PluginConnection.lost} says so.
 */
export class PluginConnection implements SessionManager {
  readonly authority = `https://${serverName}`;
  /** Resolves with the reason when the connection ends, for whatever reason. */
  readonly lost: Promise<string>;

  private constructor(private readonly session: ClientHttp2Session) {
    let reason = "it closed the connection";
    session.on("error", (error) => {
      reason = `the connection broke: ${error.message}`;
    });
    this.lost = new Promise((resolve) => session.once("close", () => resolve(reason)));
  }

  /** Connects with mutual TLS. Rejects with an Error that says what the plugin did wrong. */
  static async open(line: HandshakeLine, own: Certificate, signal: AbortSignal): Promise<PluginConnection> {
    const { address, certificate } = line;
    if (!certificate) throw new Error("it does not speak TLS, although the host asked for it (AutoMTLS)");
    const socket = connectTls({
      ...(address.network === "unix" ? { path: address.path } : { host: address.host, port: address.port }),
      servername: serverName,
      ALPNProtocols: ["h2"],
      minVersion: "TLSv1.2",
      ca: [pem(certificate)],
      cert: own.pem,
      key: own.key,
    });
    try {
      await once(socket, "secureConnect", { signal });
      const session = connect(`https://${serverName}`, { ...http2Settings, createConnection: () => socket });
      try {
        // Its first frame: what is no HTTP/2 fails here instead of in the first call.
        await once(session, "remoteSettings", { signal });
        return new PluginConnection(session);
      } catch (cause) {
        session.on("error", () => {});
        session.destroy();
        throw cause;
      }
    } catch (cause) {
      socket.on("error", () => {});
      socket.destroy();
      throw new Error(`no connection to it could be made: ${(cause as Error).message}`, { cause });
    }
  }

  async request(method: string, path: string, headers: OutgoingHttpHeaders): Promise<ClientHttp2Stream> {
    if (this.session.closed || this.session.destroyed) {
      throw new ConnectError("the connection to the plugin is closed", Code.Unavailable);
    }
    return this.session.request({ ...headers, ":method": method, ":path": path });
  }

  notifyResponseByteRead(): void {}

  /** Ends the connection and all calls on it. */
  close(): void {
    this.session.destroy();
  }
}

function pem(certificate: Buffer): string {
  try {
    return new X509Certificate(certificate).toString();
  } catch (cause) {
    throw new Error("the certificate in its handshake line cannot be read", { cause });
  }
}
