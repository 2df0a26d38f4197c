import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { rootCertificates } from "node:tls";

/** Certificate bundles of Linux distributions, the list of Go's crypto/x509. */
const bundles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/**
 * Returns the certificate authorities that this machine trusts, in PEM.
 *
 * SSL_CERT_FILE and SSL_CERT_DIR (folders separated by colons) replace the system's bundle, as for OpenSSL and Go.
 * Otherwise the first existing bundle is read, and without a bundle Node's list is used. The certificates of
 * NODE_EXTRA_CA_CERTS are always added: Node ignores that variable when a connection sets its CAs. Rejects when a file
 * or folder that a variable names cannot be read.
 */
export async function trustedRoots(env: NodeJS.ProcessEnv = process.env): Promise<string[]> {
  const { SSL_CERT_FILE: file, SSL_CERT_DIR: folders, NODE_EXTRA_CA_CERTS: extra } = env;
  try {
    const roots = file || folders ? await readNamed(file, folders) : await readSystem();
    return extra ? [...roots, await readFile(extra, "utf8")] : roots;
  } catch (error) {
    // Without the code of the file's error, which callers would take for that of a connection.
    throw new Error(`the trusted certificates cannot be read: ${(error as Error).message}`);
  }
}

async function readNamed(file: string | undefined, folders = ""): Promise<string[]> {
  const roots = file ? [await readFile(file, "utf8")] : [];
  for (const folder of folders.split(":").filter(Boolean)) roots.push(...(await readFolder(folder)));
  return roots;
}

async function readSystem(): Promise<string[]> {
  for (const bundle of bundles) {
    const pem = await readFile(bundle, "utf8").catch(() => undefined);
    if (pem) return [pem];
  }
  return [...rootCertificates];
}

/** Reads file by file: a folder has hundreds, and a process may open 1024 at a time by default. */
async function readFolder(folder: string): Promise<string[]> {
  const roots: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const content = await readFile(join(folder, entry.name), "utf8");
    if (content.includes("-----BEGIN CERTIFICATE-----")) roots.push(content);
  }
  return roots;
}
