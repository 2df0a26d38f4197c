/** The host of a URL without the brackets of an IPv6 address, as `net` and `dns` expect it. */
export function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}
