import { connect as connectTcp, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { openSocket, withTimeout } from "slipway/driver";
import type { EngineAddress, EngineTls } from "./address.js";
import { explainEngineError } from "./explain-error.js";
import { connectSsh } from "./ssh.js";

/** How long a connection may take to open, in milliseconds. */
const timeoutMs = 10_000;

/** How long an Engine may take to answer the first request, in milliseconds. ssh has 30 s to connect. */
export function answerTimeoutMs({ target }: EngineAddress): number {
  return target.kind === "ssh" ? 40_000 : timeoutMs;
}

/**
 * Opens one connection to an Engine's API: a raw byte stream that carries HTTP. The caller owns the stream; `signal`
 * covers only the opening. Failures are typed.
 */
export async function connectEngine(address: EngineAddress, signal: AbortSignal): Promise<Duplex> {
  const { target, tls } = address;
  try {
    signal.throwIfAborted();
    switch (target.kind) {
      case "unix":
        return await opened(connectTcp({ path: target.path, allowHalfOpen: true }), "connect", signal);
      case "tcp":
        return tls
          ? await opened(openTls(target, tls), "secureConnect", signal)
          : await opened(connectTcp({ ...target, allowHalfOpen: true }), "connect", signal);
      case "ssh":
        // ssh has its own timeout, and reports its failure through the stream.
        return connectSsh(target);
    }
  } catch (error) {
    throw explainEngineError(error, address);
  }
}

function openTls(
  { host, port }: { host: string; port: number },
  { ca, cert, key, verify }: EngineTls,
): Socket {
  // An IP address cannot be sent as server name; it is verified nevertheless.
  const servername = isIP(host) ? undefined : host;
  // Documented, but missing in the type.
  const halfOpen = { allowHalfOpen: true };
  return connectTls({ host, port, ca, cert, key, servername, rejectUnauthorized: verify, ...halfOpen });
}

function opened(socket: Socket, event: "connect" | "secureConnect", signal: AbortSignal): Promise<Socket> {
  return withTimeout(timeoutMs, signal, (limited) => openSocket(socket, event, limited));
}
