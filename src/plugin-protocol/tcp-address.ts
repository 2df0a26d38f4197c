/** Reads "host:port" or "[IPv6]:port"; undefined when the text is neither. */
export function parseTcpAddress(text: string): { host: string; port: number } | undefined {
  const [, name, ipv6, port] = /^(?:([^[\]:/]+)|\[([^\]]+)\]):(\d{1,5})$/.exec(text) ?? [];
  const host = name ?? ipv6;
  if (host === undefined || Number(port) > 65_535) return undefined;
  return { host, port: Number(port) };
}
