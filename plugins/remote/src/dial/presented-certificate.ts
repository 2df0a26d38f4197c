import { isIP } from "node:net";
import { connect, type PeerCertificate } from "node:tls";
import type { Target } from "../target.js";

/** Result of a TLS handshake without verification. */
export type TlsProbe =
  /** The port does not speak TLS, or does not answer. */
  | { speaksTls: false }
  /** The certificate is absent when the server ended the handshake before it sent one. */
  | { speaksTls: true; certificate?: PeerCertificate };

/**
 * Finds out whether a port speaks TLS and with which certificate, to explain a failed connection. Verifies and sends
 * nothing. Never rejects.
 */
export async function probeTls(
  { endpoint, tls = {}, lookup }: Target,
  signal: AbortSignal,
): Promise<TlsProbe> {
  if (endpoint.kind !== "tcp" && endpoint.kind !== "https") return { speaksTls: false };
  const { host, port } = endpoint;
  const name = tls.serverName || host;
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port,
      lookup,
      servername: isIP(name) ? undefined : name,
      ALPNProtocols: ["h2"],
      rejectUnauthorized: false,
    });
    const end = (result: TlsProbe) => {
      signal.removeEventListener("abort", abort);
      socket.destroy();
      resolve(result);
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
