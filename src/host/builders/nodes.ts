import { Code, ConnectError } from "@connectrpc/connect";
import type { BuildkitClient } from "../../buildkit/client.js";
import { readTypedError, typedError } from "../../errors.js";
import type { WorkerRecord } from "../../gen/moby/buildkit/v1/types/worker_pb.js";
import type { Progress } from "../../gen/slipway/driver/v1/driver_pb.js";
import { type NodeConfig, NodeState, type NodeStatus } from "../../gen/slipway/driver/v1/node_pb.js";
import type { DriverLease, PluginManager } from "../plugins/plugin-manager.js";
import { dialNode } from "./dial.js";

/** A node whose BuildKit answers. */
export interface ReadyNode {
  driver: string;
  config: NodeConfig;
  status: NodeStatus;
  workers: WorkerRecord[];
  client: BuildkitClient;
  /** Keeps the plugin alive while the node is in use. */
  lease: DriverLease;
  /** Ends the connection and releases the plugin. */
  close(): Promise<void>;
}

/** How a node is opened. */
export interface OpenOptions {
  /** Connections with the same key should reach the same replica. */
  affinityKey?: string;
  signal?: AbortSignal;
}

/** What a driver says while it boots a node. */
export type OnProgress = (progress: Progress) => void;

/** Brings nodes up. Boots of one node that are asked for at the same time are one boot. */
export class Nodes {
  readonly #plugins: PluginManager;
  readonly #boots = new Map<string, { listeners: Set<OnProgress>; done: Promise<NodeStatus> }>();

  constructor(plugins: PluginManager) {
    this.#plugins = plugins;
  }

  /** A node ready to build: running (booted if need be), dialled, and its BuildKit has listed its workers. */
  async open(driver: string, config: NodeConfig, options: OpenOptions & { onProgress?: OnProgress } = {}) {
    return (await this.#open(driver, config, options, (lease) =>
      this.#boot(lease, config, options.onProgress),
    ))!;
  }

  /**
   * The same, for a node that runs already; undefined when it would have to be booted. One that cannot be reached is
   * an error here, while {@link open} leaves it to the driver whether that passes.
   */
  openIfRunning(
    driver: string,
    config: NodeConfig,
    options: OpenOptions = {},
  ): Promise<ReadyNode | undefined> {
    return this.#open(driver, config, options);
  }

  async #open(
    driver: string,
    config: NodeConfig,
    options: OpenOptions,
    boot?: (lease: DriverLease) => Promise<NodeStatus>,
  ): Promise<ReadyNode | undefined> {
    const lease = await this.#plugins.use(driver);
    let client: BuildkitClient | undefined;
    try {
      let status: NodeStatus | undefined = await inspect(lease, config, options.signal);
      if (status.state === NodeState.UNREACHABLE && !boot) throw notRunning(config, status);
      if (status.state !== NodeState.RUNNING) status = await boot?.(lease);
      if (!status) {
        lease.release();
        return undefined;
      }
      const opened = await dialNode(lease, config, options);
      client = opened;
      const { record: workers } = await opened.control.listWorkers({}, { signal: options.signal });
      const close = async () => {
        await opened.close();
        lease.release();
      };
      return { driver, config, status, workers, client, lease, close };
    } catch (cause) {
      await client?.close();
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

  /** Joins the boot of the node that is under way, or begins one. A boot goes on when those who wait go away. */
  async #boot(
    lease: DriverLease,
    config: NodeConfig,
    onProgress: OnProgress = () => {},
  ): Promise<NodeStatus> {
    const key = `${lease.descriptor.name}/${config.node}`;
    let boot = this.#boots.get(key);
    if (!boot) {
      const listeners = new Set<OnProgress>();
      const done = bootstrap(lease, config, (progress) => {
        for (const listener of listeners) listener(progress);
      }).finally(() => this.#boots.delete(key));
      boot = { listeners, done };
      this.#boots.set(key, boot);
    }
    boot.listeners.add(onProgress);
    try {
      return await boot.done;
    } finally {
      boot.listeners.delete(onProgress);
    }
  }

  /** A transport error says little; so the driver is asked what is the matter with the node. */
  async explain(lease: DriverLease, config: NodeConfig, cause: unknown): Promise<ConnectError> {
    if (lease.died.aborted) return lease.died.reason;
    const error = ConnectError.from(cause);
    if (error.code !== Code.Unavailable) return error;
    const status = await inspect(lease, config, AbortSignal.timeout(5_000)).catch(() => undefined);
    if (status && status.state !== NodeState.RUNNING && status.reason) return notRunning(config, status);
    if (readTypedError(error).domain) return error;
    return typedError({ code: error.code, reason: "BUILDKIT_UNREACHABLE", message: error.rawMessage });
  }
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
  onProgress: OnProgress,
): Promise<NodeStatus> {
  const driver = lease.descriptor.name;
  let status: NodeStatus | undefined;
  for await (const { event } of lease.driver.bootstrap({ driver, config })) {
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
  return typedError({
    code: Code.Unavailable,
    reason: status.reasonCode || "NODE_NOT_RUNNING",
    message: status.reason || `node ${config.node} is ${NodeState[status.state].toLowerCase()}`,
    remedy: status.remedy || undefined,
    metadata: { node: config.node },
  });
}
