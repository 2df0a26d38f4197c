import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readTypedError } from "../errors/typed-error.js";
import { BakeService } from "../gen/slipway/v1/bake_pb.js";
import { BuildService } from "../gen/slipway/v1/build_pb.js";
import { BuilderService } from "../gen/slipway/v1/builder_pb.js";
import { HistoryService } from "../gen/slipway/v1/history_pb.js";
import { HostService } from "../gen/slipway/v1/host_pb.js";
import { ImageService } from "../gen/slipway/v1/image_pb.js";
import { PluginService, PluginState } from "../gen/slipway/v1/plugin_pb.js";
import { UploadService } from "../gen/slipway/v1/upload_pb.js";
import { makePrivateFolder } from "../host-address/address-folder.js";
import { lockInstance } from "../host-address/instance-lock.js";
import { defaultStateDir } from "../host-address/state-folder.js";
import { hostCapabilities } from "../plugin-client/host-capabilities.js";
import { RepeatedRequests } from "../requests/repeated-requests.js";
import { dataFolder } from "../util/data-folder.js";
import type { Silence } from "../util/end-when-dead.js";
import { packageRoot } from "../util/package-root.js";
import { version } from "../util/version.js";
import { bakeService } from "./api/bake-service.js";
import { buildService } from "./api/build-service.js";
import { builderService } from "./api/builder-service.js";
import { historyService } from "./api/history-service.js";
import { hostService } from "./api/host-service.js";
import { imageService } from "./api/image-service.js";
import { maxMessageBytes } from "./api/limits.js";
import { Negotiation } from "./api/negotiation.js";
import { pluginService } from "./api/plugin-service.js";
import { serveMethods } from "./api/serve-methods.js";
import { uploadService } from "./api/upload-service.js";
import { Activity } from "./base/activity.js";
import { createLog, type Log, type LogFormat, type LogLevel, type LogSettings } from "./base/log.js";
import { Builders } from "./builders/builders.js";
import { prepareBuilder } from "./builders/prepare-builder.js";
import { BuilderRegistry } from "./builders/registry.js";
import { Builds } from "./builds/builds.js";
import { LayerKnowledge } from "./builds/images/layer-knowledge.js";
import { Closers } from "./closers.js";
import { diagnose } from "./diagnose.js";
import { History } from "./history/history.js";
import { type FileLog, openFileLog } from "./host-log.js";
import { HostStop } from "./host-stop.js";
import type { Metrics } from "./metrics/metrics.js";
import type { MetricsAddress } from "./metrics/metrics-server.js";
import { wantsOtlp } from "./metrics/wanted.js";
import { Nodes } from "./nodes/nodes.js";
import { pluginSearchPath, thisMachine } from "./plugins/discovery.js";
import { PluginInstallation } from "./plugins/install/installation.js";
import { PluginInstaller } from "./plugins/install/plugin-installer.js";
import { PluginManager } from "./plugins/plugin-manager.js";
import { logProcessFaults } from "./process-faults.js";
import { type Limits, limitsWith } from "./quotas/limits.js";
import { readKeyFile } from "./sealing/key-file.js";
import { Keyring } from "./sealing/keyring.js";
import { recordSocket } from "./served-socket.js";
import type { TcpListen } from "./server/listen.js";
import { startServer } from "./server/server.js";
import { lockStateFolder } from "./state-folder.js";
import { Store } from "./store/store.js";
import { Successor } from "./successor.js";
import { Uploads } from "./uploads/uploads.js";

/** A unix socket that a service manager listens on. */
export interface ActivatedSocket {
  /** Its descriptor in this process. */
  fd: number;
  /** Private folder for the sockets of plugins. Default: that of the socket. */
  runtimeDir?: string;
}

/** Options of a host. */
export interface HostOptions {
  /** Path of the unix socket. */
  socket: string;
  /** The socket at that path, if the host does not make it itself. Then it is not removed either. */
  activated?: ActivatedSocket;
  /** TCP listener; requires a token or mTLS. */
  tcp?: TcpListen;
  /**
   * Folder of the store and the uploads. Default: `$XDG_STATE_HOME/slipway`, or a folder below it when the socket is
   * not the default one.
   */
  stateDir?: string;
  /** File with the keys that encrypt secrets in the store; without it they are stored as they are. */
  stateKeyFile?: string;
  /** Folders searched for plugins before the default ones. */
  pluginPath?: string[];
  /** Stop after this time without activity, in milliseconds; never when absent. */
  idleTimeoutMs?: number;
  /**
   * Name of a builder whose plugin is started at once, because a build will use it; the default builder when empty.
   * Without it, a plugin starts with the first call that needs it.
   */
  prepare?: string;
  /** Limits other than the defaults. */
  limits?: Partial<Limits>;
  /** Where Prometheus reads metrics, without a login; nowhere when absent. */
  metrics?: MetricsAddress;
  /** When a client's connection counts as dead. Default: 5 minutes of silence, and 5 more without an answer. */
  silence?: Silence;
  /** Default info. */
  logLevel?: LogLevel;
  /** Default json. */
  logFormat?: LogFormat;
  /**
   * File for the log, in place of stderr; `true` is host.log in the state folder. It is rotated at 10 MiB. Each host
   * needs its own.
   */
  logFile?: string | true;
}

/** A running host. */
export interface Host {
  /** Listen addresses. */
  addresses: { unix: string; tcp?: string; metrics?: string };
  /** Resolves when the host has stopped, with what was not closed in time: then the process must exit. */
  ended: Promise<readonly string[]>;
  /**
   * Stops the host: refuses new builds, waits for running ones for 30 s (or cancels them with force), closes everything.
   * Takes at most 60 s (or 30 s).
   */
  stop(options: { force: boolean }): Promise<void>;
  /** Logs lines of this level and above from now on. */
  setLogLevel(level: LogLevel): void;
  /** Logs what is left unfinished when the process exits now. Its plugins are killed with it. */
  abandon(): void;
}

/** Starts a host in this process. On failure it closes everything again and rejects with a typed error. */
export async function runHost(options: HostOptions): Promise<Host> {
  process.umask(0o077);
  const logged: LogSettings = { level: options.logLevel ?? "info", format: options.logFormat ?? "json" };
  let log = createLog(logged);
  let fileLog: FileLog | undefined;
  const limits = limitsWith(options.limits);
  const keyring = options.stateKeyFile ? await readKeyFile(options.stateKeyFile) : new Keyring();
  const stateDir = options.stateDir ?? defaultStateDir(options.socket);

  const closers = new Closers();
  let endLogging = () => {};

  try {
    const runtimeDir = options.activated?.runtimeDir ?? dirname(options.socket);
    // Only the service manager can pass an activated socket, and it does so to one process at a time.
    if (options.activated) await makePrivateFolder(runtimeDir);
    const lock = options.activated
      ? undefined
      : closers.own("lock of the socket", 1_000, await lockInstance(options.socket), (it) => it.release());
    closers.own("lock of the state folder", 1_000, await lockStateFolder(stateDir), (it) => it.release());
    // From here on no other host writes to a file in the state folder.
    if (options.logFile !== undefined) {
      const path = options.logFile === true ? join(stateDir, "host.log") : options.logFile;
      fileLog = openFileLog(path, logged);
      log = fileLog.log;
    }
    const ignoreFaults = logProcessFaults(log);
    endLogging = () => {
      ignoreFaults();
      fileLog?.close();
    };
    // Closing a store that is still in use crashes native code. Left open, its file is as safe as after a crash.
    const store = closers.own("store", 2_000, new Store(join(stateDir, "store")), async (it) => {
      if (closers.left.length === 0) await it.close();
    });
    if (!store.hasRoom) log.warn("The disk of the state folder is full, so no build can start", { stateDir });
    const uploads = closers.own(
      "uploads",
      2_000,
      await Uploads.open({ folder: join(stateDir, "uploads"), limits }),
      (it) => it.close(),
    );
    const activity = new Activity();
    const metrics = await metricsOf(options, log);
    if (metrics) closers.own("metrics", 2_000, metrics, (it) => it.close());
    const meter = metrics?.meter;
    const installation = new PluginInstallation(dataFolder(process.env), thisMachine);
    const plugins = closers.own(
      "plugins",
      6_000,
      await PluginManager.open({
        searchPath: [
          ...(options.pluginPath ?? []).map((path) => ({ path })),
          ...pluginSearchPath(process.env, join(packageRoot(), "plugins")),
        ],
        installation,
        runtimeDir,
        host: { name: "slipway", version },
        capabilities: hostCapabilities,
        handshakeDir: join(stateDir, "handshakes"),
        log,
        activity,
        meter,
      }),
      (it) => it.close(),
    );
    const registry = new BuilderRegistry(store, plugins, keyring, log);
    if (options.prepare !== undefined) void prepareBuilder(options.prepare, { registry, plugins, log });
    await sealSecrets(registry, keyring, log);
    const nodes = closers.own("nodes kept for builds", 2_000, new Nodes(plugins), (it) => it.close());
    const repeated = new RepeatedRequests();
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
      limits,
      meter,
    });
    metrics?.observe({
      builds: () => builds.phases,
      nodes: () => nodes.leased,
      plugins: () =>
        plugins.list().map(({ name, state, restartCount }) => ({
          name,
          state: PluginState[state].toLowerCase(),
          restarts: restartCount,
        })),
      store: () => ({ ...store.space, builds: store.builds.kept }),
    });

    let markEnded!: (left: readonly string[]) => void;
    const ended = new Promise<readonly string[]>((resolve) => {
      markEnded = resolve;
    });
    const stop = async (how: { force: boolean }) => {
      const left = await hostStop.stop(how);
      endLogging();
      markEnded(left);
    };

    const { idleTimeoutMs } = options;
    const successor =
      idleTimeoutMs === undefined
        ? undefined
        : new Successor({ activity, log, idleTimeoutMs, stop: () => void stop({ force: false }) });
    const negotiation = new Negotiation({ builds, uploads, limits, plugins });
    const server = await startServer({
      routes: (router) => {
        serveMethods(
          router,
          HostService,
          hostService({
            builds,
            negotiation,
            onNewerCommand: (its) => successor?.await(`a command of version ${its} called it`),
            diagnose: () => diagnose({ ...options, stateDir, registry }),
            shutdown: (how) => void stop(how),
          }),
        );
        serveMethods(
          router,
          PluginService,
          pluginService(plugins, new PluginInstaller(plugins, installation), repeated),
        );
        serveMethods(
          router,
          BuilderService,
          builderService(new Builders({ plugins, registry, nodes, log }), repeated),
        );
        serveMethods(router, BuildService, buildService(builds, negotiation));
        serveMethods(router, ImageService, imageService());
        serveMethods(router, BakeService, bakeService(builds, negotiation, repeated, limits));
        serveMethods(router, HistoryService, historyService(new History(registry, nodes, store)));
        serveMethods(router, UploadService, uploadService(uploads));
      },
      listen: { unixPath: options.socket, unixFd: options.activated?.fd, tcp: options.tcp },
      limits: {
        maxMessageBytes,
        ...(options.silence && { silence: options.silence }),
        maxConnections: limits.connections,
        maxConnectionsPerAddress: limits["address-connections"],
      },
      quotas: limits,
      activity,
      log,
      lock,
    });
    // A host on a full disk serves, too.
    const record = await recordSocket(stateDir, options.socket).catch((cause: unknown) => {
      log.warn("Commands in an environment with another default socket cannot find this host", {
        error: String(cause),
      });
      return undefined;
    });
    if (record) closers.own("record of the socket", 1_000, record, (it) => it.remove());
    const hostStop = new HostStop({ builds, server, closers, log });
    if (successor) {
      activity.onIdle(idleTimeoutMs!, () => {
        log.info("Idle", { afterMs: idleTimeoutMs });
        stop({ force: false });
      });
      closers.own("watch of the files", 1_000, await successor.watchFiles(), async (end) => end());
    }
    const addresses = { ...server.addresses, ...(metrics?.url && { metrics: metrics.url }) };
    log.info("Listening", { ...addresses, version, pid: process.pid });
    const abandon = () => {
      log.warn("Ended by force", { builds: builds.runningIds.join(", ") });
    };
    const setLogLevel = (level: LogLevel) => {
      logged.level = level;
      log.info("The log level was changed", { level });
    };
    return { addresses, ended, stop, setLogLevel, abandon };
  } catch (cause) {
    await closers.close(log);
    endLogging();
    throw cause;
  }
}

/** Opens the metrics if somebody wants them. Nothing of them is loaded otherwise. */
async function metricsOf({ metrics: address }: HostOptions, log: Log): Promise<Metrics | undefined> {
  const otlp = wantsOtlp(process.env);
  if (!address && !otlp) return undefined;
  const { openMetrics } = await import("./metrics/metrics.js");
  return openMetrics({ address, otlp, env: process.env, log });
}

/** Encrypts stored secrets with the current key. What cannot be encrypted or decrypted does not keep the host down. */
async function sealSecrets(registry: BuilderRegistry, { ids }: Keyring, log: Log): Promise<void> {
  const [key, ...others] = ids;
  if (key) log.info("Stored secrets are encrypted", { key, others: others.join(" ") || undefined });
  await registry.sealSecrets().catch((cause) => {
    log.error("Stored secrets could not be encrypted; the next start tries again", { error: String(cause) });
  });
  for (const { builder, error } of registry.lockedBuilders())
    log.warn("A builder cannot be used", { builder, error: readTypedError(error).message });
}
