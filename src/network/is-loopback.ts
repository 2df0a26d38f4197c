import { BlockList, isIP } from "node:net";
import { withoutBrackets } from "./without-brackets.js";

/** Addresses of IPv4 that are mapped to IPv6 match too. */
const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8);
loopback.addAddress("::1", "ipv6");

/** Whether a host name or IP address is this machine's loopback interface. */
export function isLoopback(host: string): boolean {
  const name = withoutBrackets(host);
  const family = isIP(name);
  if (family === 0) return name.toLowerCase() === "localhost";
  return loopback.check(name, family === 6 ? "ipv6" : "ipv4");
}
