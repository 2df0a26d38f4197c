import { readFile } from "node:fs/promises";
import { rootCertificates } from "node:tls";

/** Where Linux distributions and BSDs keep the certificates that the administrator trusts. */
const SYSTEM_BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/**
 * Certificates of authorities in PEM: Node's own, those of the system or of `SSL_CERT_FILE`, and
 * `NODE_EXTRA_CA_CERTS`. Node alone ignores the system's, where companies put theirs.
 */
export async function trustedCertificates(env = process.env): Promise<string[]> {
  const system = env.SSL_CERT_FILE ? [env.SSL_CERT_FILE] : SYSTEM_BUNDLES;
  const extra = env.NODE_EXTRA_CA_CERTS;
  const [first] = (await Promise.all(system.map(readIfThere))).filter((pem) => pem !== undefined);
  return [...rootCertificates, first, extra && (await readIfThere(extra))].filter((pem) => !!pem) as string[];
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}
