import type { CredentialProvider } from "../../config/credential.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import { normalizePlatforms } from "../../inputs/platform.js";
import { allOrAbort } from "../../util/all-or-abort.js";
import { NodeError } from "./node-error.js";
import type { Nodes } from "./nodes.js";
import { platformName } from "./platform-name.js";
import type { OnProgress } from "./progress.js";
import type { ReadyNode } from "./ready-node.js";
import { type Route, routeByPins, routeByWorkers } from "./route-platforms.js";

/** How the nodes for a set of platforms are selected and opened. */
export interface PlatformNodesOptions {
  nodes: Nodes;
  driver: string;
  /** All nodes of the builder, in order. */
  configs: readonly NodeConfig[];
  /** Platforms to build, in normal form. */
  platforms: readonly string[];
  /** Builds with the same key should reach the same replica. */
  affinityKey: string;
  /** Where the logins for pulling a node's images come from. */
  credentials: readonly CredentialProvider[];
}

/** An open node and the platforms that it builds. */
export interface Assignment {
  node: ReadyNode;
  platforms: string[];
}

/** Selects, opens and closes the nodes for a set of platforms. Owns their connections. */
export class PlatformNodes {
  readonly #options: PlatformNodesOptions;
  readonly #needed: readonly NodeConfig[];
  readonly #pinned: Route[] | undefined;
  readonly #open = new Map<NodeConfig, ReadyNode>();

  constructor(options: PlatformNodesOptions) {
    const { configs, platforms } = options;
    this.#options = options;
    this.#pinned = configs.length === 1 ? [{ node: 0, platforms: [...platforms] }] : this.#routeByPins();
    this.#needed = this.#pinned?.map(({ node }) => configs[node]!) ?? configs;
  }

  /** Opens those nodes that already run; true when no other node is needed. */
  async openRunning(signal: AbortSignal): Promise<boolean> {
    const { nodes, driver, affinityKey } = this.#options;
    await this.#openAll(signal, (config, either) =>
      nodes.openIfRunning(driver, config, { affinityKey, signal: either }),
    );
    return this.#open.size === this.#needed.length;
  }

  /** Boots and opens the other nodes concurrently. */
  async boot(signal: AbortSignal, progress: (config: NodeConfig) => OnProgress): Promise<void> {
    const { nodes, driver, affinityKey, credentials } = this.#options;
    await this.#openAll(signal, (config, either) =>
      nodes.open(driver, config, {
        affinityKey,
        credentials,
        signal: either,
        onProgress: progress(config),
      }),
    );
  }

  /** Routes the platforms when all nodes are open. Closes the nodes that get none. */
  async assign(): Promise<Assignment[]> {
    const { configs } = this.#options;
    const routes = this.#pinned ?? this.#routeByWorkers();
    const assigned = routes.map(({ node, platforms }) => ({
      node: this.#open.get(configs[node]!)!,
      platforms,
    }));
    const used = new Set(assigned.map(({ node }) => node));
    for (const [config, node] of this.#open) {
      if (used.has(node)) continue;
      this.#open.delete(config);
      await node.close();
    }
    return assigned;
  }

  /** Closes all nodes. */
  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(open.map((node) => node.close()));
  }

  async #openAll(
    signal: AbortSignal,
    open: (config: NodeConfig, signal: AbortSignal) => Promise<ReadyNode | undefined>,
  ): Promise<void> {
    const closed = this.#needed.filter((config) => !this.#open.has(config));
    await allOrAbort(closed, signal, async (config, either) => {
      const node = await open(config, either).catch((cause) => {
        throw this.#needed.length > 1 ? new NodeError(config.node, cause) : cause;
      });
      if (node) this.#open.set(config, node);
    });
  }

  #routeByPins(): Route[] | undefined {
    const { configs, platforms } = this.#options;
    return routeByPins(platforms, configs.map(pinnedOf));
  }

  #routeByWorkers(): Route[] {
    const { configs, platforms } = this.#options;
    const known = configs.map((config) => {
      const { workers } = this.#open.get(config)!;
      const offered = workers.flatMap((worker) => worker.platforms.map(platformName));
      return { ...pinnedOf(config), workers: normalizePlatforms(offered) };
    });
    return routeByWorkers(platforms, known);
  }
}

function pinnedOf({ platforms }: NodeConfig) {
  return { pinned: normalizePlatforms(platforms) };
}
