import { create, equals } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { BuildkitClient } from "../../buildkit/client.js";
import type { CredentialProvider } from "../../config/credential.js";
import type { Reason } from "../../errors/reasons.js";
import { encodeError, readTypedError, typedError } from "../../errors/typed-error.js";
import type { WorkerRecord } from "../../gen/moby/buildkit/v1/types/worker_pb.js";
import { ProgressSchema, type RegistryCredential } from "../../gen/slipway/driver/v1/driver_pb.js";
import {
  type NodeConfig,
  NodeConfigSchema,
  NodeState,
  type NodeStatus,
} from "../../gen/slipway/driver/v1/node_pb.js";
import { dialNode } from "../../plugin-client/dial.js";
import { capabilityIds, hasCapability } from "../../plugin-protocol/capabilities.js";
import { untilAborted } from "../../util/until-aborted.js";
import type { DriverLease, PluginManager } from "../plugins/plugin-manager.js";
import { imageCredentials } from "./image-credentials.js";
import { NodeUsers } from "./node-users.js";
import type { OnProgress } from "./progress.js";

/** A node that runs with this configuration. */
export interface RunningNode {
  driver: string;
  config: NodeConfig;
  status: NodeStatus;
  /** Keeps the plugin alive while the node is in use. */
  lease: DriverLease;
  /** Ends what was opened and releases the plugin. */
  close(): Promise<void>;
}

/** A node whose BuildKit answers. */
export interface ReadyNode extends RunningNode {
  workers: WorkerRecord[];
  client: BuildkitClient;
}

/** How a node is opened. */
export interface OpenOptions {
  /** Connections with the same key should reach the same replica. */
  affinityKey?: string;
  signal?: AbortSignal;
}

/** How a node is opened that may have to be booted. */
export interface BootOptions extends OpenOptions {
  onProgress?: OnProgress;
  /** Where the logins for pulling the node's images come from. */
  credentials?: readonly CredentialProvider[];
}

/** How a node is opened that runs already. */
export interface OpenRunningOptions extends OpenOptions {
  /** An instance that still has a former configuration will do. */
  anyConfiguration?: boolean;
}

const never = new AbortController().signal;

/** A boot of a node that is under way. */
interface Boot {
  config: NodeConfig;
  listeners: Set<OnProgress>;
  /** Ends it when nobody waits for it any more. */
  abort: AbortController;
  done: Promise<NodeStatus>;
}

/** Brings nodes up. Boots of one node that are asked for at the same time are one boot. */
export class Nodes {
  readonly #plugins: PluginManager;
  readonly #boots = new Map<string, Boot>();
  readonly #users = new NodeUsers();

  constructor(plugins: PluginManager) {
    this.#plugins = plugins;
  }

  /** A node that runs with this configuration; it is booted if need be. */
  async run(driver: string, config: NodeConfig, options: BootOptions = {}): Promise<RunningNode> {
    return (await this.#run(driver, config, options, (lease, status) =>
      this.#boot(lease, config, status, options),
    ))!;
  }

  /**
   * The same, for a node that runs already; undefined when it would have to be booted. One that cannot be reached is
   * an error here, while {@link run} leaves it to the driver whether that passes.
   */
  runningOnly(
    driver: string,
    config: NodeConfig,
    options: OpenRunningOptions = {},
  ): Promise<RunningNode | undefined> {
    return this.#run(driver, config, options);
  }

  /** A node ready to build: it runs, is dialled, and its BuildKit has listed its workers. */
  async open(driver: string, config: NodeConfig, options: BootOptions = {}): Promise<ReadyNode> {
    return this.#connect(await this.run(driver, config, options), options);
  }

  /** The same, for a node that runs already; see {@link runningOnly}. */
  async openIfRunning(
    driver: string,
    config: NodeConfig,
    options: OpenRunningOptions = {},
  ): Promise<ReadyNode | undefined> {
    const node = await this.runningOnly(driver, config, options);
    return node && this.#connect(node, options);
  }

  /** Boots a node and lets it go. */
  async boot(driver: string, config: NodeConfig, options: BootOptions): Promise<void> {
    const node = await this.run(driver, config, options);
    const ready = hasCapability(node.lease.descriptor, capabilityIds.nativeBuild)
      ? node
      : await this.#connect(node, options);
    await ready.close();
  }

  async #connect(node: RunningNode, { affinityKey, signal }: OpenOptions): Promise<ReadyNode> {
    const { lease, config } = node;
    let client: BuildkitClient | undefined;
    try {
      if (hasCapability(lease.descriptor, capabilityIds.nativeBuild)) throw noBuildkit(lease.descriptor.name);
      const opened = await dialNode(lease, config, { affinityKey, signal });
      client = opened;
      const { record: workers } = await opened.control.listWorkers({}, { signal });
      const close = async () => {
        await opened.close();
        await node.close();
      };
      return { ...node, workers, client: opened, close };
    } catch (cause) {
      await client?.close();
      const reason = await this.explain(lease, config, cause);
      await node.close();
      throw reason;
    }
  }

  async #run(
    driver: string,
    config: NodeConfig,
    options: OpenRunningOptions,
    boot?: (lease: DriverLease, status: NodeStatus) => Promise<NodeStatus>,
  ): Promise<RunningNode | undefined> {
    const lease = await this.#plugins.use(driver);
    const key = keyOf(lease, config);
    let release = this.#users.hold(key);
    const close = async () => {
      release();
      lease.release();
    };
    try {
      let status: NodeStatus | undefined = await inspect(lease, config, options.signal);
      if (status.state === NodeState.UNREACHABLE && !boot) throw notRunning(config, status);
      if (status.state !== NodeState.RUNNING || (isChanged(status) && !options.anyConfiguration)) {
        release();
        status = await boot?.(lease, status);
        release = this.#users.hold(key);
      }
      if (status) return { driver, config, status, lease, close };
      await close();
      return undefined;
    } catch (cause) {
      release();
      const reason = await this.explain(lease, config, cause);
      lease.release();
      throw reason;
    }
  }

  /** The node as its driver sees it now. */
  async inspect(driver: string, config: NodeConfig, signal?: AbortSignal): Promise<NodeStatus> {
    const lease = await this.#plugins.use(driver);
    try {
      return await inspect(lease, config, signal);
    } finally {
      lease.release();
    }
  }

  /**
   * Joins the boot of the node that is under way, or begins one. A boot goes on as long as somebody waits for it. One
   * that replaces an instance with a former configuration begins when nobody uses that any more.
   */
  async #boot(
    lease: DriverLease,
    config: NodeConfig,
    before: NodeStatus,
    { signal = never, onProgress = () => {}, credentials = [] }: BootOptions,
  ): Promise<NodeStatus> {
    const key = keyOf(lease, config);
    const begin = () => this.#begin(key, lease, config, before, credentials, onProgress);
    const boot = await this.#join(key, config, { signal, onProgress }, begin);
    try {
      return await untilAborted(boot.done, signal);
    } finally {
      boot.listeners.delete(onProgress);
      if (boot.listeners.size === 0) boot.abort.abort();
    }
  }

  async #join(
    key: string,
    config: NodeConfig,
    { signal, onProgress }: Required<Pick<BootOptions, "signal" | "onProgress">>,
    begin: () => Boot,
  ): Promise<Boot> {
    for (;;) {
      const other = this.#boots.get(key);
      if (!other) return begin();
      if (!other.abort.signal.aborted && equals(NodeConfigSchema, other.config, config)) {
        other.listeners.add(onProgress);
        return other;
      }
      await untilAborted(
        other.done.catch(() => {}),
        signal,
      );
    }
  }

  #begin(
    key: string,
    lease: DriverLease,
    config: NodeConfig,
    before: NodeStatus,
    providers: readonly CredentialProvider[],
    onProgress: OnProgress,
  ): Boot {
    const listeners = new Set([onProgress]);
    const abort = new AbortController();
    const tell: OnProgress = (progress) => {
      for (const listener of listeners) listener(progress);
    };
    const restarts = before.state === NodeState.RUNNING && isChanged(before);
    const done = (restarts ? this.#idle(key, tell, abort.signal) : Promise.resolve())
      .then(() => imageCredentials(before.imageRegistries, providers, tell, abort.signal))
      .then((credentials) => bootstrap(lease, config, credentials, tell, abort.signal))
      .finally(() => this.#boots.delete(key));
    done.catch(() => {}); // Those who wait for it tell of it; perhaps nobody does any more.
    const boot = { config, listeners, abort, done };
    this.#boots.set(key, boot);
    return boot;
  }

  async #idle(key: string, tell: OnProgress, signal: AbortSignal): Promise<void> {
    if (this.#users.count(key) === 0) return;
    const name = "waiting for builds with the former configuration to end";
    tell(create(ProgressSchema, { id: "former-builds", name }));
    await untilAborted(this.#users.idle(key), signal);
    tell(create(ProgressSchema, { id: "former-builds", name, done: true }));
  }

  /**
   * A transport error says little; so the driver is asked what is the matter with the node.
   * @param otherwise reason of the error when the driver knows nothing of it
   */
  async explain(
    lease: DriverLease,
    config: NodeConfig,
    cause: unknown,
    otherwise: Reason = "BUILDKIT_UNREACHABLE",
  ): Promise<ConnectError> {
    if (lease.died.aborted) return lease.died.reason;
    const error = ConnectError.from(cause);
    if (error.code !== Code.Unavailable) return error;
    const status = await inspect(lease, config, AbortSignal.timeout(5_000)).catch(() => undefined);
    if (status && status.state !== NodeState.RUNNING && status.reason) return notRunning(config, status);
    if (readTypedError(error).domain) return error;
    // The node goes on without the part of it that the connection led to.
    const message = [error.rawMessage, status && lostPart(status)].filter(Boolean).join(": ");
    return typedError({ code: error.code, reason: otherwise, message });
  }
}

/** Why a part of a node is gone or on its way out, or was until a moment ago. */
function lostPart({ dynamicNodes }: NodeStatus): string | undefined {
  const lost = dynamicNodes.filter(({ state, reason }) => reason && state !== NodeState.STARTING);
  return (lost.find(({ state }) => state !== NodeState.RUNNING) ?? lost[0])?.reason;
}

/** FAILED_PRECONDITION: the driver builds without BuildKit, and only that knows caches, histories and connections. */
function noBuildkit(driver: string): ConnectError {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "FEATURE_UNSUPPORTED",
    message: `the ${driver} driver builds without BuildKit, which this needs`,
    remedy: "use a builder with another driver",
    metadata: { capability: capabilityIds.nativeBuild },
  });
}

function keyOf(lease: DriverLease, config: NodeConfig): string {
  return `${lease.descriptor.name}/${config.node}`;
}

/** What exists was made with another configuration. */
function isChanged({ changedFields }: NodeStatus): boolean {
  return changedFields.length > 0;
}

async function inspect(lease: DriverLease, config: NodeConfig, signal?: AbortSignal): Promise<NodeStatus> {
  const driver = lease.descriptor.name;
  const { status } = await lease.driver.inspect({ driver, config }, { signal });
  if (!status)
    throw new ConnectError(`driver ${driver} returned no status for node ${config.node}`, Code.Internal);
  return status;
}

async function bootstrap(
  lease: DriverLease,
  config: NodeConfig,
  credentials: Record<string, RegistryCredential>,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<NodeStatus> {
  const driver = lease.descriptor.name;
  let status: NodeStatus | undefined;
  for await (const { event } of lease.driver.bootstrap({ driver, config, credentials }, { signal })) {
    if (event.case === "progress") onProgress(event.value);
    if (event.case === "status") status = event.value;
  }
  if (!status)
    throw new ConnectError(
      `driver ${driver} ended the boot of ${config.node} without a status`,
      Code.Internal,
    );
  if (status.state !== NodeState.RUNNING) throw notRunning(config, status);
  return status;
}

/** UNAVAILABLE with what the driver says of a node that does not run. */
export function notRunning(config: NodeConfig, status: NodeStatus): ConnectError {
  return encodeError({
    code: Code.Unavailable,
    reason: status.reasonCode || "NODE_NOT_RUNNING",
    message: status.reason || `node ${config.node} is ${NodeState[status.state].toLowerCase()}`,
    remedy: status.remedy || undefined,
    metadata: { node: config.node },
  });
}
