import { setMaxListeners } from "node:events";
import { rm } from "node:fs/promises";
import type { DescService } from "@bufbuild/protobuf";
import { type ConnectRouter, createConnectRouter } from "@connectrpc/connect";
import { compressionGzip } from "@connectrpc/connect-node";
import { Health as HealthService } from "../../gen/grpc/health/v1/health_pb.js";
import { type InstanceLock, lockInstance } from "../../host-address/instance-lock.js";
import { withBrackets } from "../../network/with-brackets.js";
import { settlesWithin } from "../../util/settles-within.js";
import { whenAborted } from "../../util/when-aborted.js";
import type { ForwardedCalls } from "../access/forwarded-calls.js";
import type { Identities } from "../access/identities.js";
import { Activity } from "../base/activity.js";
import type { Log } from "../base/log.js";
import { type Limits, limitsWith } from "../quotas/limits.js";
import { tcpAccess, unixAccess } from "./access.js";
import { hostStopping } from "./call-errors.js";
import { callInterceptor } from "./call-interceptor.js";
import { callQuota, requestQuota } from "./call-quota.js";
import { Calls } from "./calls.js";
import { Connections } from "./connections.js";
import { Health } from "./health.js";
import { defaultServerLimits, type ServerLimits } from "./limits.js";
import { listenInherited, listenTcp, listenUnix, prepareTcp, type TcpListen } from "./listen.js";
import { reflectionServices, serveReflection } from "./reflection.js";

/** Options of {@link startServer}. */
export interface ServerOptions {
  /** Registers the services. Health and reflection are added. */
  routes(router: ConnectRouter): void;
  listen: {
    /** Path of the unix socket. A missing folder is created with mode 0700. */
    unixPath: string;
    /** Descriptor of a socket that a service manager listens on at that path. It needs no lock and is not removed. */
    unixFd?: number;
    tcp?: TcpListen;
  };
  /** Callers on TCP whom issuers vouch for; the caller closes them. */
  identities?: Identities;
  /** Reads who makes the calls that other hosts forward; by default there are none. */
  forwarded?: ForwardedCalls;
  log: Log;
  /** Default: {@link defaultServerLimits}. */
  limits?: Partial<ServerLimits>;
  /** What principals may use; default: {@link limitsWith}. */
  quotas?: Limits;
  /** Default: a new instance. */
  activity?: Activity;
  /** The lock of the unix socket, if the caller has acquired it; the caller then releases it. */
  lock?: InstanceLock;
}

/** A running server. */
export interface Server {
  /** Listen addresses, as URLs. */
  addresses: { unix: string; tcp?: string };
  activity: Activity;
  /**
   * Stops the server. Immediately, health reports NOT_SERVING, the socket is removed, connections on TCP take no more
   * calls, and new calls get UNAVAILABLE, reason HOST_STOPPING, unless a running build needs them. Open calls get the same
   * error after `graceMs`. Resolves at most two seconds later. Another call can only shorten the grace period.
   * @param builds resolves when no build runs any more: until then, within the grace period, the server stays open
   */
  close(options?: { graceMs?: number; builds?: Promise<unknown> }): Promise<void>;
}

/** How long aborted calls, and then connections, have to end, in milliseconds. */
const abortedCallsMs = 1000;

/** Serves an API with Connect, gRPC and gRPC-Web on a unix socket and optionally on TCP. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { log, activity = new Activity(), quotas = limitsWith() } = options;
  const { unixPath, unixFd, tcp } = options.listen;
  const limits = { ...defaultServerLimits, ...options.limits };

  const ending = new AbortController();
  // Every call adds a listener.
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
  const calls = new Calls({
    router,
    limits,
    quota: callQuota(quotas),
    requestQuota: requestQuota(quotas),
    log,
    uncounted,
    onCall: () => activity.hold(),
  });

  const material = tcp && (await prepareTcp(tcp, log, options.identities));
  const lock = options.lock || unixFd !== undefined ? undefined : await lockInstance(unixPath);
  const open: Connections[] = [];
  const addresses: Server["addresses"] = { unix: `unix://${unixPath}` };
  try {
    if (tcp && material) {
      const rules = {
        access: tcpAccess(
          material.credentials,
          { allowRemoteAdmin: tcp.allowRemoteAdmin ?? false },
          material.tls,
          options.forwarded,
        ),
        corsOrigins: material.corsOrigins,
        page: { isSecure: material.tls !== undefined },
      };
      const overTcp = new Connections(calls.listener(rules), limits, log, material.tls);
      const port = await listenTcp(overTcp.server, tcp);
      open.push(overTcp);
      addresses.tcp = `${material.tls ? "https" : "http"}://${withBrackets(tcp.host)}:${port}`;
    }
    // Last, because clients treat an existing socket as a started host.
    const local = new Connections(
      calls.listener({ access: unixAccess, corsOrigins: new Set() }),
      limits,
      log,
    );
    // A new client is about to call: restart the idle timer, so that the host does not stop under it.
    local.server.on("connection", () => activity.hold()());
    if (unixFd === undefined) await listenUnix(local.server, unixPath);
    else await listenInherited(local.server, unixFd, unixPath);
    open.push(local);
  } catch (error) {
    await Promise.all(open.map((connections) => connections.close(0)));
    material?.close();
    await lock?.release();
    throw error;
  }

  const accessChecks = setInterval(() => calls.checkAccess(), limits.accessCheckMs).unref();
  const graceOver = new AbortController();
  const stop = async (builds?: Promise<unknown>) => {
    clearInterval(accessChecks);
    health.stop();
    calls.refuse();
    // A client on the unix socket could not connect again.
    if (tcp) open[0]!.retire();
    // Later clients of an activated socket wait in it for the next host.
    if (unixFd === undefined) await rm(unixPath, { force: true });
    else open.at(-1)?.stopAccepting();
    const allDone = async () => {
      await builds;
      await calls.ended("counted");
    };
    await Promise.race([allDone(), whenAborted(graceOver.signal)]);
    ending.abort(hostStopping());
    await settlesWithin(abortedCallsMs, calls.ended("all"));
    await Promise.all(open.map((connections) => connections.close(abortedCallsMs)));
    material?.close();
    await lock?.release();
  };
  let stopped: Promise<void> | undefined;
  const close: Server["close"] = ({ graceMs = 10_000, builds } = {}) => {
    const timer = setTimeout(() => graceOver.abort(), graceMs);
    stopped ??= stop(builds);
    return stopped.finally(() => clearTimeout(timer));
  };
  return { addresses, activity, close };
}

function servicesOf(router: ConnectRouter): DescService[] {
  return [...new Set(router.handlers.map((handler) => handler.service))];
}
