import type { Duplex } from "node:stream";
import { Code } from "@connectrpc/connect";
import { typedError } from "../errors/typed-error.js";
import type { Endpoint } from "../gen/slipway/driver/v1/driver_pb.js";
import { AddressRefused } from "../network/guarded-lookup.js";
import { withPeriod } from "../util/with-period.js";
import { addressOf, type ConnectOptions, connectEndpoint, type DirectEndpoint } from "./connect-endpoint.js";

/** Opens a connection to a BuildKit without the plugin. */
export async function openDirect(address: DirectEndpoint, how: ConnectOptions): Promise<Duplex> {
  try {
    return await connectEndpoint(address, how);
  } catch (cause) {
    const { message } = cause as Error;
    if (cause instanceof AddressRefused)
      throw typedError({
        code: Code.PermissionDenied,
        reason: "LOCAL_ONLY",
        message: withPeriod(`The host does not connect to BuildKit at ${addressOf(address)}: ${message}`),
        remedy:
          "Have the name resolve to another machine, or create the builder over the host's unix socket.",
      });
    throw typedError({
      code: Code.Unavailable,
      reason: "BUILDKIT_UNREACHABLE",
      message: withPeriod(`Cannot connect to BuildKit at ${addressOf(address)}: ${message}`),
    });
  }
}

/** The HTTP/2 authority: the TLS server name, or the address. Proxies in front of BuildKit route by it. */
export function authorityOf(address: Endpoint["address"]): string {
  if (address.case !== "tcp") return "localhost";
  const { host, port, tls } = address.value;
  return tls?.serverName || `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
