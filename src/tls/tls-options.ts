import { isIP } from "node:net";
import { type ConnectionOptions, checkServerIdentity } from "node:tls";
import { trustedRoots } from "./trusted-roots.js";

/** What a TLS connection to BuildKit needs, in PEM. */
export interface TlsSettings {
  /** Who may have signed the server's certificate; absent or empty means the authorities that this machine trusts. */
  ca?: Uint8Array;
  /** The client's certificate chain; goes with `key`. */
  certificate?: Uint8Array;
  key?: Uint8Array;
  /** Name to send and to verify; absent or empty means the host. */
  serverName?: string;
}

/** Node's options for a verified TLS connection to a host that speaks HTTP/2. */
export async function tlsOptions(
  host: string,
  { ca, certificate, key, serverName }: TlsSettings,
): Promise<ConnectionOptions> {
  const name = serverName || host;
  return {
    ca: ca?.length ? Buffer.from(ca) : await trustedRoots(),
    ...(certificate?.length && { cert: Buffer.from(certificate), key: Buffer.from(key ?? []) }),
    // An IP address may not be sent as server name; it is verified all the same.
    servername: isIP(name) ? undefined : name,
    checkServerIdentity: (_host, peer) => checkServerIdentity(name, peer),
    ALPNProtocols: ["h2"],
  };
}
