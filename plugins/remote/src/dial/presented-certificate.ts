import { isIP } from "node:net";
import { connect, type PeerCertificate } from "node:tls";
import type { Target } from "../target.js";

/** What a look at a port in TLS found. */
export type TlsLook =
  /** There is no TLS on the port, or nobody answers. */
  | { speaksTls: false }
  /** The certificate is absent when the server ended the handshake before it was seen. */
  | { speaksTls: true; certificate?: PeerCertificate };

/**
 * Looks whether there is TLS on a port and with which certificate, to explain a connection that has failed. Nothing is
 * verified and nothing is sent. Never rejects.
 */
export async function lookAtTls({ endpoint, tls = {} }: Target, signal: AbortSignal): Promise<TlsLook> {
  if (endpoint.kind !== "tcp" && endpoint.kind !== "https") return { speaksTls: false };
  const { host, port } = endpoint;
  const name = tls.serverName || host;
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port,
      servername: isIP(name) ? undefined : name,
      ALPNProtocols: ["h2"],
      rejectUnauthorized: false,
    });
    const end = (look: TlsLook) => {
      signal.removeEventListener("abort", abort);
      socket.destroy();
      resolve(look);
    };
    const abort = () => end({ speaksTls: false });
    signal.addEventListener("abort", abort);
    socket.once("secureConnect", () =>
      end({ speaksTls: true, certificate: socket.getPeerCertificate(true) }),
    );
    socket.on("error", ({ code = "" }: NodeJS.ErrnoException) => end({ speaksTls: /ALERT/.test(code) }));
    socket.once("close", abort);
    if (signal.aborted) abort();
  });
}
