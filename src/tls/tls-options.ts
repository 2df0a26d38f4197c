import { isIP } from "node:net";
import { type ConnectionOptions, checkServerIdentity } from "node:tls";
import { trustedContext } from "./trusted-context.js";
import { trustedRoots } from "./trusted-roots.js";

/** Settings of a TLS connection, in PEM. */
export interface TlsSettings {
  /** CAs of the server's certificate; absent or empty means the CAs that this machine trusts. */
  ca?: Uint8Array;
  /** The client's certificate chain; requires `key`. */
  certificate?: Uint8Array;
  key?: Uint8Array;
  /** Server name to send and to verify; absent or empty means the host. */
  serverName?: string;
}

/** Returns Node's options for a verified TLS connection with HTTP/2. IPv6 addresses have no brackets. */
export async function tlsOptions(
  host: string,
  { ca, certificate, key, serverName }: TlsSettings,
): Promise<ConnectionOptions> {
  const name = serverName || host;
  return {
    ...(await material({ ca, certificate, key })),
    // TLS does not allow an IP address as server name; it is still verified.
    servername: isIP(name) ? undefined : name,
    checkServerIdentity: (_host, peer) => checkServerIdentity(name, peer),
    ALPNProtocols: ["h2"],
  };
}

async function material({ ca, certificate, key }: TlsSettings): Promise<ConnectionOptions> {
  const client = certificate?.length && { cert: Buffer.from(certificate), key: Buffer.from(key ?? []) };
  if (ca?.length) return { ca: Buffer.from(ca), ...client };
  const roots = await trustedRoots();
  return client ? { ca: roots, ...client } : { secureContext: trustedContext(roots) };
}
