import { createConnection, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { Code, ConnectError } from "@connectrpc/connect";
import { type BuildkitClient, connectBuildkit } from "../buildkit/client.js";
import { typedError } from "../errors/typed-error.js";
import type { DialResponse, TcpEndpoint } from "../gen/slipway/driver/v1/driver_pb.js";
import type { NodeConfig } from "../gen/slipway/driver/v1/node_pb.js";
import { tlsOptions } from "../tls/tls-options.js";
import { withPeriod } from "../util/with-period.js";
import { type DialledDriver, openTunnel } from "./tunnel.js";

/** Timeout for establishing a TCP connection, in milliseconds. */
const connectTimeoutMs = 10_000;
/** Interval of TCP keepalive probes, in milliseconds: a half-open connection is detected within minutes. */
const keepAliveMs = 30_000;

/** Connects to a node's BuildKit; fails with the driver's reason when BuildKit cannot be reached. */
export async function dialNode(
  lease: DialledDriver,
  config: NodeConfig,
  { affinityKey = "", signal }: { affinityKey?: string; signal?: AbortSignal } = {},
): Promise<BuildkitClient> {
  const endpoint = await dial(lease, config, affinityKey, signal);
  return connectBuildkit(() => openEndpoint(lease, config, affinityKey, endpoint), {
    host: authorityOf(endpoint),
  });
}

/** Opens one byte stream to a node's BuildKit; fails as {@link dialNode} does. */
export async function dialRaw(
  lease: DialledDriver,
  config: NodeConfig,
  signal: AbortSignal,
): Promise<Duplex> {
  const endpoint = await dial(lease, config, "", signal);
  return openEndpoint(lease, config, "", endpoint, { allowHalfOpen: true });
}

async function dial(lease: DialledDriver, config: NodeConfig, affinityKey: string, signal?: AbortSignal) {
  const driver = lease.descriptor.name;
  return (await lease.driver.dial({ driver, config, affinityKey }, { signal })).endpoint;
}

function openEndpoint(
  lease: DialledDriver,
  config: NodeConfig,
  affinityKey: string,
  endpoint: DialResponse["endpoint"],
  how: { allowHalfOpen?: boolean } = {},
): Promise<Duplex> {
  switch (endpoint.case) {
    case "unix": {
      const { path } = endpoint.value;
      return established(createConnection({ path, ...how }), "connect", path);
    }
    case "tcp":
      return openTcp(endpoint.value, how);
    case "tunnel":
      return openTunnel(lease, config, affinityKey);
    default:
      throw new ConnectError(
        `The driver ${lease.descriptor.name} returned an unknown kind of endpoint.`,
        Code.Internal,
      );
  }
}

async function openTcp({ host, port, tls }: TcpEndpoint, how: { allowHalfOpen?: boolean }): Promise<Duplex> {
  const address = `${host}:${port}`;
  if (!tls) return established(createConnection({ host, port, ...how }), "connect", address);
  const socket = connectTls({ ...(await tlsOptions(host, tls)), host, port, ...how });
  return established(socket, "secureConnect", address);
}

/** Resolves when the socket is connected. On failure, destroys it and rejects with the address and the reason. */
function established<S extends Socket>(socket: S, event: string, address: string): Promise<S> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => socket.destroy(new Error(`no answer within ${connectTimeoutMs / 1000} s`)),
      connectTimeoutMs,
    );
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(
        typedError({
          code: Code.Unavailable,
          reason: "BUILDKIT_UNREACHABLE",
          message: withPeriod(`Cannot connect to BuildKit at ${address}: ${error.message}`),
        }),
      );
    };
    // It stays: an error before the stream is read ends the stream, and must not be an uncaught exception.
    socket.on("error", fail);
    socket.once(event, () => {
      clearTimeout(timer);
      socket.setKeepAlive(true, keepAliveMs);
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}

/** The TLS server name, or the address. Proxies in front of BuildKit route by it. */
function authorityOf(endpoint: DialResponse["endpoint"]): string {
  if (endpoint.case !== "tcp") return "localhost";
  const { host, port, tls } = endpoint.value;
  return tls?.serverName || `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
