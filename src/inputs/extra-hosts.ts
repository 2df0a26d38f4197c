import { isIP } from "node:net";
import { InputError } from "../errors/input-error.js";

/** A line for /etc/hosts. */
interface HostLine {
  name: string;
  address: string;
}

/**
 * Parses lines for /etc/hosts: `name:address` or `name=address`, with an IP address (optionally in brackets) or host-gateway.
 * @param field name of the flag or attribute, for errors
 */
export function parseExtraHosts(field: string, values: readonly string[] = []): HostLine[] {
  const hosts: HostLine[] = [];
  for (const text of values.flatMap((value) => value.split(","))) {
    const separator = text.includes("=") ? "=" : ":";
    const at = text.indexOf(separator);
    const name = text.slice(0, Math.max(at, 0));
    const address = text.slice(at + 1).replace(/^\[(.+)\]$/, "$1");
    if (!name || (address !== "host-gateway" && isIP(address) === 0)) {
      throw new InputError({
        reason: "HOST_INVALID",
        field,
        message: `invalid host ${text}`,
        remedy: "Write name:address with an IP address, or name:host-gateway.",
      });
    }
    hosts.push({ name, address });
  }
  return hosts;
}
