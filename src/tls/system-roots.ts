import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Where Linux distributions keep their certificate bundle; the list is that of Go's crypto/x509. */
const bundles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/**
 * The certificate authorities that this machine trusts, in PEM. SSL_CERT_FILE and SSL_CERT_DIR (folders separated by
 * colons) replace the system's bundle, as for OpenSSL and Go. Undefined where there is none: then Node's own list is
 * meant. Rejects when what the variables name cannot be read.
 */
export async function systemRoots(env: NodeJS.ProcessEnv = process.env): Promise<Buffer[] | undefined> {
  const { SSL_CERT_FILE: file, SSL_CERT_DIR: folders } = env;
  if (file || folders) {
    const named = file ? [await readFile(file)] : [];
    const inFolders = (folders ?? "").split(":").filter(Boolean).map(readFolder);
    return [...named, ...(await Promise.all(inFolders)).flat()];
  }
  for (const bundle of bundles) {
    const pem = await readFile(bundle).catch(() => undefined);
    if (pem) return [pem];
  }
  return undefined;
}

async function readFolder(folder: string): Promise<Buffer[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => join(folder, name));
  const contents = await Promise.all(files.map((path) => readFile(path)));
  return contents.filter((content) => content.includes("-----BEGIN CERTIFICATE-----"));
}
