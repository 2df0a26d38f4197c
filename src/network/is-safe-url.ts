import { isLoopback } from "./is-loopback.js";

/** Whether what is fetched from a URL is what its server sent: by TLS, or on the loopback interface. */
export function isSafeUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, username, password } = new URL(value);
  if (username || password) return false;
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
}
