import pg from "pg";
import { parseIntoClientConfig } from "pg-connection-string";
import { isLoopback } from "../../network/is-loopback.js";
import type { DatabaseUrl } from "./database-url.js";

/**
 * How others on the network can reach what hosts and their database send each other, one sentence; undefined when they
 * cannot: on a unix socket, on the loopback interface, and with TLS and a certificate that is checked. That is what `sslmode`
 * in the URL says, or else PGSSLMODE.
 */
export function exposureOf({ url, name }: DatabaseUrl): string | undefined {
  // A client that is not connected knows how it would be. Its declared type lacks the options of TLS.
  const { host, ssl }: { host: string; ssl: unknown } = new pg.Client(parseIntoClientConfig(url));
  if (host.startsWith("/") || isLoopback(host)) return undefined;
  if (!ssl) return `The connection to the database ${name} is not encrypted.`;
  const { rejectUnauthorized = true } = ssl as { rejectUnauthorized?: boolean };
  return rejectUnauthorized ? undefined : `The certificate of the database ${name} is not checked.`;
}
