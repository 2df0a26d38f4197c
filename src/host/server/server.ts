import { setMaxListeners } from "node:events";
import { rm } from "node:fs/promises";
import { isIPv6 } from "node:net";
import type { DescService } from "@bufbuild/protobuf";
import { type ConnectRouter, createConnectRouter } from "@connectrpc/connect";
import { compressionGzip } from "@connectrpc/connect-node";
import { Health as HealthService } from "../../gen/grpc/health/v1/health_pb.js";
import { type InstanceLock, lockInstance } from "../../host-address/instance-lock.js";
import { settlesWithin } from "../../util/settles-within.js";
import { whenAborted } from "../../util/when-aborted.js";
import { Activity } from "../base/activity.js";
import type { Log } from "../base/log.js";
import { tcpAccess, unixAccess } from "./access.js";
import { hostStopping } from "./call-errors.js";
import { callInterceptor } from "./call-interceptor.js";
import { Calls } from "./calls.js";
import { Connections } from "./connections.js";
import { Health } from "./health.js";
import { defaultLimits, type ServerLimits } from "./limits.js";
import { listenTcp, listenUnix, prepareTcp, type TcpListen } from "./listen.js";
import { reflectionServices, serveReflection } from "./reflection.js";

/** What {@link startServer} takes. */
export interface ServerOptions {
  /** Registers the services. Health and reflection are added. */
  routes(router: ConnectRouter): void;
  listen: {
    /** The unix socket. Its folder is made (0700) if it is missing. */
    unixPath: string;
    tcp?: TcpListen;
  };
  log: Log;
  /** Default: {@link defaultLimits}. */
  limits?: Partial<ServerLimits>;
  /** Default: a new one. */
  activity?: Activity;
  /** The lock of the unix socket, if the caller took it; it then releases it itself. */
  lock?: InstanceLock;
}

/** A server that runs. */
export interface Server {
  /** Where it listens, as URLs. */
  addresses: { unix: string; tcp?: string };
  activity: Activity;
  /**
   * Ends it. At once: health says NOT_SERVING, the socket goes, new calls get UNAVAILABLE, reason HOST_STOPPING.
   * Open calls have `graceMs` to end; then they get the same error. Settles within a second or two after that.
   * Calling it again can only shorten the grace.
   */
  close(options?: { graceMs?: number }): Promise<void>;
}

/** How long calls that were told to end, and then connections, have to do so, in milliseconds. */
const lastWordsMs = 1000;

/** Serves an API with Connect, gRPC and gRPC-Web, on a unix socket and maybe on TCP. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { log, activity = new Activity() } = options;
  const { unixPath, tcp } = options.listen;
  const limits = { ...defaultLimits, ...options.limits };

  const ending = new AbortController();
  // Every call listens to it.
  setMaxListeners(0, ending.signal);
  const router = createConnectRouter({
    acceptCompression: [compressionGzip],
    interceptors: [callInterceptor(log, limits)],
    readMaxBytes: limits.maxMessageBytes,
    shutdownSignal: ending.signal,
  });
  options.routes(router);
  const services = [...servicesOf(router), HealthService, ...reflectionServices];
  const health = new Health(services.map((service) => service.typeName));
  router.service(HealthService, health);
  serveReflection(router, services);
  const uncounted = new Set([HealthService, ...reflectionServices].map((service) => service.typeName));
  const calls = new Calls({ router, limits, log, uncounted, onCall: () => activity.hold() });

  const material = tcp && (await prepareTcp(tcp));
  const lock = options.lock ?? (await lockInstance(unixPath));
  const open: Connections[] = [];
  const releaseLock = async () => {
    if (!options.lock) await lock.release();
  };
  const addresses: Server["addresses"] = { unix: `unix://${unixPath}` };
  try {
    if (tcp && material) {
      const rules = { access: tcpAccess(material.token), corsOrigins: material.corsOrigins };
      const overTcp = new Connections(calls.listener(rules), limits, material.tls);
      const port = await listenTcp(overTcp.server, tcp);
      open.push(overTcp);
      const host = isIPv6(tcp.host) ? `[${tcp.host}]` : tcp.host;
      addresses.tcp = `${material.tls ? "https" : "http"}://${host}:${port}`;
    }
    // Last, because a client that finds the socket takes the host for started.
    const local = new Connections(calls.listener({ access: unixAccess, corsOrigins: new Set() }), limits);
    // A client that has just connected is about to call: it must not find a host that ends because it was idle.
    local.server.on("connection", () => activity.hold()());
    await listenUnix(local.server, unixPath);
    open.push(local);
  } catch (error) {
    await Promise.all(open.map((connections) => connections.close(0)));
    await releaseLock();
    throw error;
  }

  const graceOver = new AbortController();
  const stop = async () => {
    health.stop();
    calls.refuse();
    await rm(unixPath, { force: true });
    await Promise.race([calls.ended("counted"), whenAborted(graceOver.signal)]);
    ending.abort(hostStopping());
    await settlesWithin(lastWordsMs, calls.ended("all"));
    await Promise.all(open.map((connections) => connections.close(lastWordsMs)));
    await releaseLock();
  };
  let stopped: Promise<void> | undefined;
  const close: Server["close"] = ({ graceMs = 10_000 } = {}) => {
    const timer = setTimeout(() => graceOver.abort(), graceMs);
    stopped ??= stop();
    return stopped.finally(() => clearTimeout(timer));
  };
  return { addresses, activity, close };
}

function servicesOf(router: ConnectRouter): DescService[] {
  return [...new Set(router.handlers.map((handler) => handler.service))];
}
