import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { Code, type ConnectError } from "@connectrpc/connect";
import type { Reason } from "../../errors/reasons.js";
import { typedError } from "../../errors/typed-error.js";
import { pemCertificates } from "../../tls/pem-certificates.js";

/** The PEM files of a listener. With `clientCaFile`, clients must present a certificate of that CA. */
export interface TlsFiles {
  certFile: string;
  keyFile: string;
  clientCaFile?: string;
}

/** TLS material of a server, in PEM. */
export interface TlsMaterial {
  cert: string;
  key: string;
  /** CA that must have signed every client's certificate; without it no client certificate is requested. */
  clientCa?: string;
  /** SHA-256 fingerprints of its certificates. */
  clientCaFingerprints: ReadonlySet<string>;
}

/**
 * Reads the files and checks that a server can use them. FAILED_PRECONDITION, reasons TLS_FILE_UNREADABLE and
 * TLS_FILE_UNUSABLE.
 */
export async function readTlsFiles(files: TlsFiles): Promise<TlsMaterial> {
  const { certFile, keyFile, clientCaFile } = files;
  const [cert, key, clientCa] = await Promise.all([
    readPem(certFile),
    readPem(keyFile),
    clientCaFile === undefined ? undefined : readPem(clientCaFile),
  ]);
  const [own] = certificatesIn(certFile, cert);
  // OpenSSL accepts a CA file without certificates, and would then trust nobody.
  const authorities = clientCa === undefined ? [] : certificatesIn(clientCaFile!, clientCa);
  const isPair = check(keyFile, () => own!.checkPrivateKey(createPrivateKey(key)));
  if (!isPair) throw unusable(keyFile, `it is not the key of the certificate in ${certFile}`);
  // What remains are limits of OpenSSL, such as keys that are too short.
  check(certFile, () => createSecureContext({ cert, key, ca: clientCa }));
  const clientCaFingerprints = new Set(authorities.map(({ fingerprint256 }) => fingerprint256));
  return { cert, key, clientCa, clientCaFingerprints };
}

async function readPem(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error: Error) => {
    throw refuse(
      file,
      "TLS_FILE_UNREADABLE",
      `A TLS file cannot be read: ${error.message}.`,
      "Give PEM files that the host's user can read.",
    );
  });
}

/** Parses the certificates; throws if there is none, or one is truncated. */
function certificatesIn(file: string, text: string): X509Certificate[] {
  const certificates = pemCertificates(text);
  if (certificates.length === 0) throw unusable(file, "it has no certificate in PEM");
  if (!certificates.every((pem) => pem.endsWith("-----END CERTIFICATE-----")))
    throw unusable(file, "it has a certificate that is incomplete");
  return check(file, () => certificates.map((pem) => new X509Certificate(pem)));
}

function check<T>(file: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    throw unusable(file, (error as Error).message);
  }
}

function unusable(file: string, why: string): ConnectError {
  return refuse(
    file,
    "TLS_FILE_UNUSABLE",
    `The TLS file ${file} cannot be used: ${why}.`,
    "Give a certificate, its key, and the authority of the clients' certificates in PEM.",
  );
}

function refuse(file: string, reason: Reason, message: string, remedy: string): ConnectError {
  return typedError({ code: Code.FailedPrecondition, reason, message, remedy, metadata: { file } });
}
