import { type NodeConfig, NodeState, type NodeStatus } from "../../gen/slipway/driver/v1/node_pb.js";
import { capabilityIds, hasCapability } from "../../plugin-protocol/capabilities.js";
import type { DriverLease, PluginManager } from "../plugins/plugin-manager.js";
import { inspectNode } from "./driver-calls.js";
import { explainFailure } from "./explain-failure.js";
import { NodeUsers, nodeKey } from "./node-users.js";
import { notRunning } from "./not-running.js";
import { connectNode, type ReadyNode } from "./ready-node.js";
import type { BootOptions, OpenRunningOptions, RunningNode } from "./running-node.js";
import { SharedBoots } from "./shared-boots.js";

/** Opens nodes, and boots those that do not run. */
export class Nodes {
  readonly #plugins: PluginManager;
  readonly #users = new NodeUsers();
  readonly #boots = new SharedBoots(this.#users);

  constructor(plugins: PluginManager) {
    this.#plugins = plugins;
  }

  /** A node that runs with this configuration; it is booted if necessary. */
  async run(driver: string, config: NodeConfig, options: BootOptions = {}): Promise<RunningNode> {
    const node = await this.#run(driver, config, options, (lease, status) =>
      this.#boots.boot(lease, config, status, options),
    );
    return node!;
  }

  /**
   * The same, but undefined for a node that would have to be booted. An unreachable node is an error here; {@link run}
   * lets the driver decide whether to wait for it.
   */
  runningOnly(
    driver: string,
    config: NodeConfig,
    options: OpenRunningOptions = {},
  ): Promise<RunningNode | undefined> {
    return this.#run(driver, config, options);
  }

  /** A node that can build: it runs, and its BuildKit is connected and has listed its workers. */
  async open(driver: string, config: NodeConfig, options: BootOptions = {}): Promise<ReadyNode> {
    return connectNode(await this.run(driver, config, options), options);
  }

  /** The same, but undefined for a node that would have to be booted; see {@link runningOnly}. */
  async openIfRunning(
    driver: string,
    config: NodeConfig,
    options: OpenRunningOptions = {},
  ): Promise<ReadyNode | undefined> {
    const node = await this.runningOnly(driver, config, options);
    return node && connectNode(node, options);
  }

  /** Boots a node, checks that its BuildKit answers, and closes it again. */
  async boot(driver: string, config: NodeConfig, options: BootOptions): Promise<void> {
    const node = await this.run(driver, config, options);
    const isNative = hasCapability(node.lease.descriptor, capabilityIds.nativeBuild);
    const ready = isNative ? node : await connectNode(node, options);
    await ready.close();
  }

  /** The current status of a node, from its driver. */
  async inspect(driver: string, config: NodeConfig, signal?: AbortSignal): Promise<NodeStatus> {
    const lease = await this.#plugins.use(driver);
    try {
      return await inspectNode(lease, config, signal);
    } finally {
      lease.release();
    }
  }

  async #run(
    driver: string,
    config: NodeConfig,
    options: OpenRunningOptions,
    boot?: (lease: DriverLease, status: NodeStatus) => Promise<NodeStatus>,
  ): Promise<RunningNode | undefined> {
    const lease = await this.#plugins.use(driver);
    const key = nodeKey(driver, config);
    let release = this.#users.hold(key);
    const close = async () => {
      release();
      lease.release();
    };
    try {
      let status: NodeStatus | undefined = await inspectNode(lease, config, options.signal);
      if (status.state === NodeState.UNREACHABLE && !boot) throw notRunning(config, status);
      const isOutdated = status.changedFields.length > 0 && !options.anyConfiguration;
      if (status.state !== NodeState.RUNNING || isOutdated) {
        release();
        status = await boot?.(lease, status);
        release = this.#users.hold(key);
      }
      if (status) return { driver, config, status, lease, close };
      await close();
      return undefined;
    } catch (cause) {
      release();
      const reason = await explainFailure(lease, config, cause);
      lease.release();
      throw reason;
    }
  }
}
