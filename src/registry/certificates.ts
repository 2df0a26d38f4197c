import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { trustedRoots } from "../tls/trusted-roots.js";

/** What a TLS connection to a registry trusts and shows. */
export interface RegistryCertificates {
  ca: string[];
  cert?: string;
  key?: string;
}

/**
 * The authorities to trust for a registry, and the client's certificate for it, as docker has them: the machine's
 * authorities, and in `/etc/docker/certs.d/<host[:port]>` each `*.crt`, and a `*.cert` with the `*.key` of that name.
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
