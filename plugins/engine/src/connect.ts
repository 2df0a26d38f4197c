import { connect as connectTcp, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { type DirectEndpoint, openSocket, tlsOptions, withTimeout } from "slipway/driver";
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
          ? await opened(await openTls(target, tls), "secureConnect", signal)
          : await opened(connectTcp({ ...target, allowHalfOpen: true }), "connect", signal);
      case "ssh":
        // ssh has its own timeout, and reports its failure through the stream.
        return connectSsh(target);
    }
  } catch (error) {
    throw explainEngineError(error, address);
  }
}

/** Where the host connects to an Engine's API by itself; undefined when only {@link connectEngine} can. */
export function directEndpoint({ target, tls }: EngineAddress): DirectEndpoint | undefined {
  switch (target.kind) {
    case "unix":
      return { case: "unix", value: { path: target.path } };
    case "tcp": {
      const { host, port } = target;
      if (!tls) return { case: "tcp", value: { host, port } };
      const { ca, cert: certificate, key } = tls;
      return tls.verify ? { case: "tcp", value: { host, port, tls: { ca, certificate, key } } } : undefined;
    }
    case "ssh":
      return undefined;
  }
}

async function openTls(
  { host, port }: { host: string; port: number },
  { ca, cert, key, verify }: EngineTls,
): Promise<Socket> {
  const options = await tlsOptions(host, { ca, certificate: cert, key });
  // An Engine speaks HTTP/1.1. allowHalfOpen is documented, but missing in the type.
  const how = { ALPNProtocols: undefined, allowHalfOpen: true, rejectUnauthorized: verify };
  return connectTls({ ...options, ...how, host, port });
}

function opened(socket: Socket, event: "connect" | "secureConnect", signal: AbortSignal): Promise<Socket> {
  return withTimeout(timeoutMs, signal, (limited) => openSocket(socket, event, limited));
}
