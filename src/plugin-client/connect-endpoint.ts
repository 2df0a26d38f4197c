import { createConnection, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { TcpEndpoint, UnixEndpoint } from "../gen/slipway/driver/v1/driver_pb.js";
import { guardedLookup, type RefuseAddress } from "../network/guarded-lookup.js";
import { tlsOptions } from "../tls/tls-options.js";

/** Timeout for establishing a connection, in milliseconds. */
const connectTimeoutMs = 10_000;
/** Interval of TCP keepalive probes, in milliseconds: a half-open connection is detected within minutes. */
const keepAliveMs = 30_000;

/** An address that a plugin gives the host to connect to. */
export type DirectEndpoint = { case: "unix"; value: UnixEndpoint } | { case: "tcp"; value: TcpEndpoint };

/** How a connection is made. */
export interface ConnectOptions {
  allowHalfOpen?: boolean;
  /** Protocol to negotiate with TLS; default HTTP/2. */
  protocol?: "h2" | "http/1.1";
  /** Refuses addresses, and what resolves to one, with {@link AddressRefused}. Default: none is refused. */
  refuse?: RefuseAddress;
}

/** Connects to an address; rejects with an Error whose message is a clause. */
export async function connectEndpoint(
  endpoint: DirectEndpoint,
  { protocol = "h2", refuse, ...how }: ConnectOptions = {},
): Promise<Socket> {
  if (endpoint.case === "unix")
    return established(createConnection({ path: endpoint.value.path, ...how }), "connect");
  const { host, port, tls } = endpoint.value;
  const where = { host, port, lookup: refuse && guardedLookup(host, refuse), ...how };
  if (!tls) return established(createConnection(where), "connect");
  const options = { ...(await tlsOptions(host, tls)), ALPNProtocols: [protocol], ...where };
  return established(connectTls(options), "secureConnect");
}

/** The address for messages. */
export function addressOf({ case: kind, value }: DirectEndpoint): string {
  return kind === "unix" ? value.path : `${value.host}:${value.port}`;
}

/** Resolves when the socket is connected. On failure, destroys it and rejects. */
function established<S extends Socket>(socket: S, event: string): Promise<S> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => socket.destroy(new Error(`no answer within ${connectTimeoutMs / 1000} s`)),
      connectTimeoutMs,
    );
    // It stays: an error before the stream is read ends the stream, and must not be an uncaught exception.
    socket.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once(event, () => {
      clearTimeout(timer);
      socket.setKeepAlive(true, keepAliveMs);
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}
