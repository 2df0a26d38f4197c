import { createHash } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { Code } from "@connectrpc/connect";
import { readTypedError, typedError } from "../errors/typed-error.js";
import { BuildService } from "../gen/slipway/v1/build_pb.js";
import { BuilderService } from "../gen/slipway/v1/builder_pb.js";
import { DriverService } from "../gen/slipway/v1/driver_pb.js";
import { HistoryService } from "../gen/slipway/v1/history_pb.js";
import { SystemService } from "../gen/slipway/v1/system_pb.js";
import { UploadService } from "../gen/slipway/v1/upload_pb.js";
import { defaultSocketPath } from "../host-address/address.js";
import { lockInstance } from "../host-address/instance-lock.js";
import { hostCapabilities } from "../plugin-client/host-capabilities.js";
import { packageRoot } from "../util/package-root.js";
import { version } from "../util/version.js";
import { buildService } from "./api/build-service.js";
import { builderService } from "./api/builder-service.js";
import { driverService } from "./api/driver-service.js";
import { historyService } from "./api/history-service.js";
import { maxMessageBytes } from "./api/limits.js";
import { systemService } from "./api/system-service.js";
import { uploadService } from "./api/upload-service.js";
import { Activity } from "./base/activity.js";
import { createLog, type LogLevel } from "./base/log.js";
import { Builders } from "./builders/builders.js";
import { BuilderRegistry } from "./builders/registry.js";
import { Builds } from "./builds/builds.js";
import { LayerKnowledge } from "./builds/images/layer-knowledge.js";
import { History } from "./history/history.js";
import { Nodes } from "./nodes/nodes.js";
import { dataDir, pluginSearchPath, thisMachine } from "./plugins/discovery.js";
import { PluginInstallation } from "./plugins/install/installation.js";
import { PluginManager } from "./plugins/plugin-manager.js";
import type { TcpListen } from "./server/listen.js";
import { startServer } from "./server/server.js";
import { Store } from "./store/store.js";
import { Uploads } from "./uploads/uploads.js";

/** How long running builds may continue after shutdown is requested, in milliseconds. */
const graceMs = 30_000;

/** Options of a host. */
export interface HostOptions {
  /** Path of the unix socket. */
  socket: string;
  /** TCP listener; requires a token or mTLS. */
  tcp?: TcpListen;
  /**
   * Folder of the store and the uploads. Default: `$XDG_STATE_HOME/slipway`, or a folder below it when the socket is
   * not the default one.
   */
  stateDir?: string;
  /** Folders searched for plugins before the default ones. */
  pluginPath?: string[];
  /** Stop after this time without activity, in milliseconds; never when absent. */
  idleTimeoutMs?: number;
  /** Default info. */
  logLevel?: LogLevel;
}

/** A running host. */
export interface Host {
  /** Listen addresses. */
  addresses: { unix: string; tcp?: string };
  /** Resolves when the host has stopped. */
  ended: Promise<void>;
  /** Stops the host: refuses new builds, waits for running ones (or cancels them with force), closes everything. */
  stop(options: { force: boolean }): Promise<void>;
}

/** Starts a host in this process. On failure it closes everything again and rejects with a typed error. */
export async function runHost(options: HostOptions): Promise<Host> {
  process.umask(0o077);
  const log = createLog(options.logLevel);
  const stateDir = options.stateDir ?? defaultStateDir(options.socket);
  await mkdir(stateDir, { recursive: true, mode: 0o700 });

  const closers: (() => Promise<unknown>)[] = [];
  const owned = <T>(resource: T, close: (resource: T) => Promise<unknown>): T => {
    closers.unshift(() => close(resource));
    return resource;
  };
  const closeAll = async () => {
    for (const close of closers.splice(0))
      await close().catch((error) => log.error("Closing a resource failed", { error: String(error) }));
  };

  try {
    const lock = owned(await lockInstance(options.socket), (it) => it.release());
    owned(await lockState(stateDir), (it) => it.release());
    const store = owned(new Store(join(stateDir, "store")), (it) => it.close());
    const uploads = owned(await Uploads.open({ directory: join(stateDir, "uploads") }), (it) => it.close());
    const plugins = owned(
      await PluginManager.open({
        searchPath: [
          ...(options.pluginPath ?? []).map((path) => ({ path })),
          ...pluginSearchPath(process.env, join(packageRoot(), "plugins")),
        ],
        installation: new PluginInstallation(dataDir(process.env), thisMachine),
        runtimeDir: dirname(options.socket),
        host: { name: "slipway", version },
        capabilities: hostCapabilities,
        log,
      }),
      (it) => it.close(),
    );
    const registry = new BuilderRegistry(store, plugins);
    const nodes = new Nodes(plugins);
    const activity = new Activity();
    const hostId = await store.hostId();
    const imagesDir = join(stateDir, "images");
    // Left behind by a host that was killed.
    await rm(imagesDir, { recursive: true, force: true });
    const builds = await Builds.open({
      store,
      plugins,
      registry,
      nodes,
      uploads,
      imagesDir,
      layers: new LayerKnowledge(),
      hostId,
      log,
      activity,
    });

    let stopping: Promise<void> | undefined;
    const stop = ({ force }: { force: boolean }) => {
      if (force) builds.close({ force });
      stopping ??= (async () => {
        log.info("Stopping", { builds: builds.running });
        const limit = setTimeout(() => builds.close({ force: true }), graceMs);
        await server.close({ graceMs: force ? 1_000 : graceMs });
        await builds.close({ force });
        clearTimeout(limit);
        await closeAll();
        log.info("Stopped");
        markEnded();
      })();
      return stopping;
    };
    let markEnded!: () => void;
    const ended = new Promise<void>((resolve) => {
      markEnded = resolve;
    });

    const server = await startServer({
      routes: (router) => {
        router.service(SystemService, systemService({ builds, plugins, shutdown: (how) => void stop(how) }));
        router.service(DriverService, driverService(plugins));
        router.service(BuilderService, builderService(new Builders({ plugins, registry, nodes, log })));
        router.service(BuildService, buildService(builds));
        router.service(HistoryService, historyService(new History(registry, nodes, store)));
        router.service(UploadService, uploadService(uploads));
      },
      listen: { unixPath: options.socket, tcp: options.tcp },
      limits: { maxMessageBytes },
      activity,
      log,
      lock,
    });
    if (options.idleTimeoutMs !== undefined) {
      activity.onIdle(options.idleTimeoutMs, () => {
        log.info("Idle", { afterMs: options.idleTimeoutMs });
        stop({ force: false });
      });
    }
    log.info("Listening", { ...server.addresses, version, pid: process.pid });
    return { addresses: server.addresses, ended, stop };
  } catch (cause) {
    await closeAll();
    throw cause;
  }
}

/** Each socket has its own state folder, so that two hosts can run at the same time. */
function defaultStateDir(socket: string): string {
  const folder = join(process.env.XDG_STATE_HOME || join(homedir(), ".local/state"), "slipway");
  if (socket === defaultSocketPath()) return folder;
  return join(folder, "hosts", createHash("sha256").update(socket).digest("hex").slice(0, 16));
}

/** Locks the state folder: one host at a time may use the store. */
async function lockState(stateDir: string) {
  return lockInstance(join(stateDir, "host"), { waitMs: 2_000 }).catch((cause) => {
    throw typedError({
      code: Code.FailedPrecondition,
      reason: "STATE_IN_USE",
      message: `The state folder ${stateDir} is in use: ${readTypedError(cause).message}`,
      remedy: "Stop that host, or give this one another state folder.",
    });
  });
}
