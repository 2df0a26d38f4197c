import { isLoopback } from "./is-loopback.js";

/** Whether nobody on the network can change or read an exchange with a URL: it is on https, or on the loopback interface. */
export function isSafeUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, username, password } = new URL(value);
  if (username || password) return false;
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
}
