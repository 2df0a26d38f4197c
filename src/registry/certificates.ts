import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { trustedRoots } from "../tls/trusted-roots.js";

/** Certificates of a TLS connection to a registry: trusted authorities, and the client certificate. */
export interface RegistryCertificates {
  ca: string[];
  cert?: string;
  key?: string;
}

/**
 * Reads the certificates for a registry from the same places as Docker: authorities from the machine and from each
 * `*.crt` in `/etc/docker/certs.d/<host[:port]>`, the client certificate from a `*.cert` there and its `*.key`.
 */
export async function readRegistryCertificates(
  host: string,
  certsDir = "/etc/docker/certs.d",
): Promise<RegistryCertificates> {
  const folder = join(certsDir, host);
  const names = await readdir(folder).catch((): string[] => []);
  const read = (name: string) => readFile(join(folder, name), "utf8");
  const own = await Promise.all(names.filter((name) => name.endsWith(".crt")).map(read));
  const certificates: RegistryCertificates = { ca: [...(await trustedRoots()), ...own] };
  const cert = names.find((name) => name.endsWith(".cert") && names.includes(keyOf(name)));
  if (cert) Object.assign(certificates, { cert: await read(cert), key: await read(keyOf(cert)) });
  return certificates;
}

function keyOf(cert: string): string {
  return cert.replace(/\.cert$/, ".key");
}
