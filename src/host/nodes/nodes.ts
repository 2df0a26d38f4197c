import { NodeState } from "../../gen/slipway/common/v1/node_state_pb.js";
import { LeasePurpose } from "../../gen/slipway/driver/v1/driver_pb.js";
import type { NodeConfig, NodeStatus } from "../../gen/slipway/driver/v1/node_pb.js";
import { capabilityIds, hasCapability } from "../../plugin-protocol/capabilities.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import type { PluginUse } from "../plugins/plugin-use.js";
import { inspectNode } from "./driver-calls.js";
import { explainFailure } from "./explain-failure.js";
import { NodeUsers, nodeKey } from "./node-users.js";
import { notRunning } from "./not-running.js";
import { connectNode, type ReadyNode } from "./ready-node.js";
import type { OpenOptions, OpenRunningOptions, RunningNode } from "./running-node.js";
import { SharedBoots } from "./shared-boots.js";
import { WarmNodes } from "./warm-nodes.js";

/** Opens nodes, and boots those that do not run. Owns the nodes that are kept between builds. */
export class Nodes {
  readonly #plugins: PluginManager;
  readonly #users = new NodeUsers();
  readonly #boots = new SharedBoots(this.#users);
  readonly #warm: WarmNodes;

  /** @param onResting called with a node that a build has left, and that rests for the next one; see {@link WarmNodes} */
  constructor(plugins: PluginManager, onResting?: (node: ReadyNode) => Promise<void>) {
    this.#plugins = plugins;
    const isAwaited = ({ driver, config }: ReadyNode) => this.#users.isAwaited(nodeKey(driver, config));
    this.#warm = new WarmNodes(isAwaited, onResting);
    plugins.onChange(() => void this.#warm.forgetAll());
  }

  /** A node that runs with this configuration; it is booted if necessary. */
  async run(driver: string, config: NodeConfig, options: OpenOptions = {}): Promise<RunningNode> {
    const node = await this.#run(driver, config, options, (plugin, status) =>
      this.#boots.boot(plugin, config, status, options),
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

  /** A node that can build: it runs, and its BuildKit is leased, connected and has listed its workers. */
  async open(driver: string, config: NodeConfig, options: OpenOptions = {}): Promise<ReadyNode> {
    return (
      (await this.#takeWarm(driver, config, options)) ??
      this.#connect(await this.run(driver, config, options), options)
    );
  }

  /** The same, but undefined for a node that would have to be booted; see {@link runningOnly}. */
  async openIfRunning(
    driver: string,
    config: NodeConfig,
    options: OpenRunningOptions = {},
  ): Promise<ReadyNode | undefined> {
    const warm = await this.#takeWarm(driver, config, options);
    if (warm) return warm;
    const node = await this.runningOnly(driver, config, options);
    return node && this.#connect(node, options);
  }

  /** Boots a node, checks that its BuildKit answers, and closes it again. */
  async boot(driver: string, config: NodeConfig, options: OpenOptions): Promise<void> {
    const node = await this.run(driver, config, options);
    const isNative = hasCapability(node.plugin.descriptor, capabilityIds.nativeBuild);
    const ready = isNative ? node : await connectNode(node, options);
    await ready.close();
  }

  /** Closes what is kept of a node for the next build, because the node will change. */
  async forget(driver: string, config: NodeConfig): Promise<void> {
    const key = nodeKey(driver, config);
    await this.#warm.forget((node) => nodeKey(node.driver, node.config) === key);
  }

  /** Closes what is kept of all nodes. */
  close(): Promise<void> {
    return this.#warm.close();
  }

  /** Number of nodes with an open lease, by whether somebody uses them. */
  get leased(): { busy: number; available: number } {
    const kept = this.#warm.counts();
    const available = [...kept].filter(([key, count]) => this.#users.count(key) <= count).length;
    return { busy: this.#users.size - available, available };
  }

  /** The current status of a node, from its driver. */
  async inspect(driver: string, config: NodeConfig, signal?: AbortSignal): Promise<NodeStatus> {
    const plugin = await this.#plugins.use(driver);
    try {
      return await inspectNode(plugin, config, signal);
    } finally {
      plugin.release();
    }
  }

  async #takeWarm(
    driver: string,
    config: NodeConfig,
    { lease, signal }: OpenOptions,
  ): Promise<ReadyNode | undefined> {
    if (lease?.purpose !== LeasePurpose.BUILD) return undefined;
    const node = await this.#warm.take(driver, config, lease);
    if (!signal?.aborted) return node;
    await node?.close();
    throw signal.reason;
  }

  async #connect(node: RunningNode, options: OpenOptions): Promise<ReadyNode> {
    const ready = await connectNode(node, options);
    const { lease } = options;
    return lease?.purpose === LeasePurpose.BUILD ? this.#warm.checkOut(ready, lease) : ready;
  }

  async #run(
    driver: string,
    config: NodeConfig,
    options: OpenRunningOptions,
    boot?: (plugin: PluginUse, status: NodeStatus) => Promise<NodeStatus>,
  ): Promise<RunningNode | undefined> {
    const plugin = await this.#plugins.use(driver);
    const key = nodeKey(driver, config);
    let release = this.#users.hold(key);
    const close = async () => {
      release();
      plugin.release();
    };
    try {
      let status: NodeStatus | undefined =
        options.status ?? (await inspectNode(plugin, config, options.signal));
      if (status.state === NodeState.UNREACHABLE && !boot) throw notRunning(config, status);
      const isOutdated = status.changedFields.length > 0 && !options.anyConfiguration;
      if (status.state !== NodeState.RUNNING || isOutdated) {
        release();
        await this.forget(driver, config);
        status = await boot?.(plugin, status);
        release = this.#users.hold(key);
      }
      if (status) return { driver, config, status, plugin, close };
      await close();
      return undefined;
    } catch (cause) {
      release();
      const reason = await explainFailure(plugin, config, cause);
      plugin.release();
      throw reason;
    }
  }
}
