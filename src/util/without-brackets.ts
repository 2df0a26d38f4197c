/** The host of a URL as functions for names and addresses take it: "[::1]" is "::1". */
export function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}
