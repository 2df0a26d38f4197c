import { isIPv6 } from "node:net";

/** A host as a URL has it: an IPv6 address in brackets. */
export function withBrackets(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}
