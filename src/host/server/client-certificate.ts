import { type DetailedPeerCertificate, TLSSocket } from "node:tls";
import { Code, type ConnectError } from "@connectrpc/connect";
import type { Reason } from "../../errors/reasons.js";
import { typedError } from "../../errors/typed-error.js";

/** What is checked of the certificate of a connection. */
interface Verified {
  subject: string | undefined;
  validTo: Date;
  /** Of the certificate and of those that signed it. */
  fingerprints: readonly string[];
}

const verified = new WeakMap<TLSSocket, Verified>();

/**
 * Common name of the client certificate of a connection; undefined when there is none. TLS has verified it when the
 * connection was opened. A connection can outlive that: UNAUTHENTICATED, reasons CERTIFICATE_EXPIRED and
 * CERTIFICATE_UNTRUSTED, when the certificate has expired or its authority is not one of the host's any more.
 */
export function clientCertificate(
  socket: unknown,
  authorities: ReadonlySet<string>,
  now = new Date(),
): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const { subject, validTo, fingerprints } = verified.get(socket) ?? read(socket);
  if (validTo <= now)
    throw refuse("CERTIFICATE_EXPIRED", `The client certificate expired at ${validTo.toISOString()}.`);
  if (!fingerprints.some((fingerprint) => authorities.has(fingerprint)))
    throw refuse(
      "CERTIFICATE_UNTRUSTED",
      "The authority of the client certificate is not one of this host's any more.",
    );
  return subject;
}

function read(socket: TLSSocket): Verified {
  const own = socket.getPeerCertificate(true);
  const fingerprints: string[] = [];
  // The last one is its own issuer.
  for (
    let at: DetailedPeerCertificate | undefined = own;
    at?.fingerprint256 && !fingerprints.includes(at.fingerprint256);
    at = at.issuerCertificate
  )
    fingerprints.push(at.fingerprint256);
  const subject = own.subject?.CN === undefined ? undefined : String(own.subject.CN);
  const found = { subject, validTo: new Date(own.valid_to), fingerprints };
  verified.set(socket, found);
  return found;
}

function refuse(reason: Reason, message: string): ConnectError {
  return typedError({
    code: Code.Unauthenticated,
    reason,
    message,
    remedy: "Connect with a current client certificate.",
  });
}
