import { connect as connectSocket, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { openSocket, tlsOptions } from "slipway/driver";
import { type DirectEndpoint, isDirect } from "../endpoint.js";
import { programEnvironment } from "../program-environment.js";
import type { Target } from "../target.js";
import { commandLine } from "./command-line.js";
import { openCommand } from "./open-command.js";

/**
 * Opens the byte stream to a BuildKit. A socket is connected and its TLS verified; a program is only started. The caller
 * owns the stream; the signal covers only the opening. Rejects with Node's error.
 */
export async function open({ endpoint, text, tls, lookup }: Target, signal: AbortSignal): Promise<Duplex> {
  signal.throwIfAborted();
  if (!isDirect(endpoint)) return openCommand(commandLine(endpoint), text, programEnvironment(endpoint));
  if (endpoint.kind === "unix" || !tls) return openPlain(endpoint, lookup, signal);
  const { host, port } = endpoint;
  const options = await tlsOptions(host, tls);
  // Documented, but missing from the type.
  const halfOpen = { allowHalfOpen: true };
  return openSocket(connectTls({ ...options, host, port, lookup, ...halfOpen }), "secureConnect", signal);
}

/** Opens only the transport, without TLS. */
export function openPlain(
  endpoint: DirectEndpoint,
  lookup: Target["lookup"],
  signal: AbortSignal,
): Promise<Socket> {
  const address =
    endpoint.kind === "unix" ? { path: endpoint.path } : { host: endpoint.host, port: endpoint.port, lookup };
  return openSocket(connectSocket({ ...address, allowHalfOpen: true }), "connect", signal);
}
