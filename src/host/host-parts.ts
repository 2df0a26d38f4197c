import { rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { readTypedError } from "../errors/typed-error.js";
import { PluginState } from "../gen/slipway/v1/plugin_pb.js";
import { hostCapabilities } from "../plugin-client/host-capabilities.js";
import { dataFolder } from "../util/data-folder.js";
import { packageRoot } from "../util/package-root.js";
import { version } from "../util/version.js";
import { Credentials } from "./access/credentials.js";
import { ForwardedCalls } from "./access/forwarded-calls.js";
import { Identities } from "./access/identities.js";
import { ProjectsFile } from "./access/projects-file.js";
import { Activity } from "./base/activity.js";
import type { Log } from "./base/log.js";
import { wantsOtlp } from "./base/wanted-exports.js";
import { prepareBuilder } from "./builders/prepare-builder.js";
import { BuilderRegistry } from "./builders/registry.js";
import { UsageHistory } from "./builders/usage-history.js";
import { Builds } from "./builds/builds.js";
import { LayerKnowledge } from "./builds/images/layer-knowledge.js";
import type { Closers } from "./closers.js";
import type { HostOptions } from "./host-options.js";
import type { Metrics } from "./metrics/metrics.js";
import { Nodes } from "./nodes/nodes.js";
import type { Peers } from "./peers/peers.js";
import { pluginSearchPath, thisMachine } from "./plugins/discovery.js";
import { PluginInstallation } from "./plugins/install/installation.js";
import { PluginManager } from "./plugins/plugin-manager.js";
import type { Limits } from "./quotas/limits.js";
import type { Keyring } from "./sealing/keyring.js";
import type { BuildsState } from "./store/build-store.js";
import { Store } from "./store/store.js";
import type { Traces } from "./traces/traces.js";
import type { SharedUploads } from "./uploads/shared/shared-uploads.js";
import { Uploads } from "./uploads/uploads.js";

/** What a host is made of, apart from its server. */
export interface HostParts {
  store: BuildsState;
  uploads: Uploads;
  activity: Activity;
  /** Undefined when nobody wants them. */
  metrics?: Metrics;
  /** Undefined on a host without an issuers file. */
  identities?: Identities;
  installation: PluginInstallation;
  plugins: PluginManager;
  registry: BuilderRegistry;
  nodes: Nodes;
  usages: UsageHistory;
  builds: Builds;
  /** Undefined on a host without a database or a state key. */
  peers?: OpenedPeers;
  limits: Limits;
  log: Log;
}

/** The way to the other hosts of a database. */
interface OpenedPeers {
  readonly peers: Peers;
  readonly calls: ForwardedCalls;
}

/** What {@link openParts} is given. */
export interface PartsOptions
  extends Pick<
    HostOptions,
    | "advertise"
    | "database"
    | "hostName"
    | "metrics"
    | "pluginPath"
    | "prepare"
    | "projectsFile"
    | "tcp"
    | "uploads"
  > {
  stateDir: string;
  /** Private folder for the sockets of plugins. */
  runtimeDir: string;
  limits: Limits;
  /** Keys for secrets in the store. */
  keyring: Keyring;
  log: Log;
}

/** Opens the parts of a host in the order in which they need each other. `closers` gets each that must be closed. */
export async function openParts(options: PartsOptions, closers: Closers): Promise<HostParts> {
  const { stateDir, runtimeDir, limits, keyring, log } = options;
  // Closing a store that is still in use crashes native code. Left open, its file is as safe as after a crash.
  const store = closers.own("store", 2_000, new Store(join(stateDir, "store")), async (it) => {
    if (closers.left.length === 0) await it.close();
  });
  if (!store.hasRoom) log.warn("The disk of the state folder is full, so no build can start", { stateDir });
  const shared = await sharedUploadsOf(options);
  const uploads = closers.own(
    "uploads",
    2_000,
    await Uploads.open({ folder: join(stateDir, "uploads"), limits, shared }),
    (it) => it.close(),
  );
  const activity = new Activity();
  const metrics = await metricsOf(options);
  if (metrics) closers.own("metrics", 2_000, metrics, (it) => it.close());
  const meter = metrics?.meter;
  const traces = await tracesOf(log);
  if (traces) closers.own("traces", 2_000, traces, (it) => it.close());
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
  const usages = new UsageHistory(store.usages, log);
  const nodes = closers.own(
    "nodes kept for builds",
    2_000,
    new Nodes(plugins, (node) => usages.sampleIfDue(node)),
    (it) => it.close(),
  );
  const hostId = await store.hostId();
  const imagesDir = join(stateDir, "images");
  // Left behind by a host that was killed.
  await rm(imagesDir, { recursive: true, force: true });
  const { tokenFile, issuersFile } = options.tcp ?? {};
  const identities =
    issuersFile === undefined
      ? undefined
      : closers.own(
          "issuers file",
          1_000,
          await Identities.open({ file: issuersFile, keys: keyring.signingKeys }, log),
          async (it) => it.close(),
        );
  // With a database, builds of other hosts are taken over at any time.
  const credentials = closers.own(
    "access file",
    1_000,
    await Credentials.open(tokenFile, log, identities),
    async (it) => it.close(),
  );
  const projects =
    options.projectsFile === undefined
      ? undefined
      : closers.own("projects file", 1_000, await ProjectsFile.open(options.projectsFile, log), async (it) =>
          it.close(),
        );
  const { state, peers } = await stateOf(options, { store, hostId }, closers);
  const builds = await Builds.open({
    store: state,
    rightsOf: (id) => credentials.now(id),
    plugins,
    registry,
    nodes,
    uploads,
    keyring,
    imagesDir,
    layers: new LayerKnowledge(),
    hostId,
    log,
    activity,
    limits,
    projects,
    meter,
    tracer: traces?.tracer,
  });
  const parts = {
    store: state,
    uploads,
    activity,
    metrics,
    identities,
    installation,
    plugins,
    registry,
    nodes,
    usages,
    builds,
    peers,
    limits,
    log,
  };
  if (metrics) observe(metrics, parts, store);
  return parts;
}

/** The state of builds: in the store, or in a database. Nothing of the latter is loaded without need. */
async function stateOf(
  { database, hostName = hostname(), advertise: address, keyring, tcp, log }: PartsOptions,
  { store, hostId }: { store: Store; hostId: string },
  closers: Closers,
): Promise<{ state: BuildsState; peers?: OpenedPeers }> {
  if (database === undefined) return { state: store };
  const [{ openDatabase }, { Advertisement }, { Peers }] = await Promise.all([
    import("./database/database.js"),
    import("./peers/advertisement.js"),
    import("./peers/peers.js"),
  ]);
  const names = { name: hostName, stateId: hostId };
  const calls = keyring.ids.length > 0 ? new ForwardedCalls(keyring.signingKeys) : undefined;
  const certFile = tcp?.tls?.certFile;
  const advertisement =
    address &&
    calls &&
    new Advertisement({ keyring, identity: names, address, process: calls.process, certFile });
  const identity = { ...names, advertise: advertisement && (() => advertisement.current()) };
  const { builds } = closers.own("database", 8_000, await openDatabase(database, identity, log), (it) =>
    it.close(),
  );
  const peers =
    calls &&
    closers.own("connections to other hosts", 2_000, new Peers({ team: builds, keyring, calls }), (it) =>
      it.close(),
    );
  const state = { builds, builders: store.builders, requireRoom: () => store.requireRoom() };
  return { state, peers: peers && calls && { peers, calls } };
}

/** Opens the place for uploads of all hosts, if there is one. Nothing of it is loaded otherwise. */
async function sharedUploadsOf({ uploads, keyring }: PartsOptions): Promise<SharedUploads | undefined> {
  if (uploads === undefined) return undefined;
  const { openSharedStore } = await import("./uploads/shared/open-store.js");
  const { SharedUploads } = await import("./uploads/shared/shared-uploads.js");
  return new SharedUploads(await openSharedStore(uploads), keyring);
}

/** Opens the metrics if somebody wants them. Nothing of them is loaded otherwise. */
async function metricsOf({ metrics: address, log }: PartsOptions): Promise<Metrics | undefined> {
  const otlp = wantsOtlp(process.env, "METRICS");
  if (!address && !otlp) return undefined;
  const { openMetrics } = await import("./metrics/metrics.js");
  return openMetrics({ address, otlp, env: process.env, log });
}

/** Opens the traces if somebody wants them. Nothing of them is loaded otherwise. */
async function tracesOf(log: Log): Promise<Traces | undefined> {
  if (!wantsOtlp(process.env, "TRACES")) return undefined;
  const { openTraces } = await import("./traces/traces.js");
  return openTraces(log);
}

function observe(metrics: Metrics, { builds, nodes, plugins, store }: HostParts, local: Store): void {
  metrics.observe({
    builds: () => builds.phases,
    nodes: () => nodes.leased,
    plugins: () =>
      plugins.list().map(({ name, state, restartCount }) => ({
        name,
        state: PluginState[state].toLowerCase(),
        restarts: restartCount,
      })),
    store: () => ({ ...local.space, builds: store.builds.kept }),
  });
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
