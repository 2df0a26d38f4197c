import { Code, ConnectError } from "@connectrpc/connect";
import type { CredentialProvider } from "../../config/credential.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import { normalizePlatforms } from "../../inputs/platform.js";
import type { LeasePlan } from "../../plugin-client/lease.js";
import { allOrAbort } from "../../util/all-or-abort.js";
import { closeAll } from "../../util/close-all.js";
import { NodeError } from "./node-error.js";
import type { Nodes } from "./nodes.js";
import { PendingNode } from "./pending-node.js";
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
  /** What the leases are for; each node's lease names its own platforms. */
  lease: LeasePlan;
  /** Where the logins for pulling images come from. */
  credentials: readonly CredentialProvider[];
}

/** An open node and the platforms that it builds. */
export interface Assignment {
  node: ReadyNode;
  platforms: string[];
}

/** Selects, opens and closes the nodes for a set of platforms. Owns their leases. */
export class PlatformNodes {
  readonly #options: PlatformNodesOptions;
  readonly #needed: readonly NodeConfig[];
  readonly #pinned: Route[] | undefined;
  readonly #open = new Map<NodeConfig, ReadyNode>();
  readonly #pending = new Map<NodeConfig, PendingNode>();

  constructor(options: PlatformNodesOptions) {
    const { configs, platforms } = options;
    this.#options = options;
    this.#pinned = configs.length === 1 ? [{ node: 0, platforms: [...platforms] }] : this.#routeByPins();
    this.#needed = this.#pinned?.map(({ node }) => configs[node]!) ?? configs;
  }

  /**
   * Opens those nodes that already run; true when no other node is needed. A node whose driver creates something for the
   * lease is left for {@link boot}.
   */
  async openRunning(signal: AbortSignal): Promise<boolean> {
    const { nodes, driver, credentials } = this.#options;
    await this.#openAll(signal, async (config, either) => {
      const lease = this.#leaseOf(config);
      const pending = new PendingNode((ended, onProgress) =>
        nodes.openIfRunning(driver, config, { lease, credentials, signal: ended, onProgress }),
      );
      this.#pending.set(config, pending);
      const node = await pending.soon(either);
      if (node === "pending") return undefined;
      this.#pending.delete(config);
      return node;
    });
    return this.#open.size === this.#needed.length;
  }

  /** Boots and opens the other nodes concurrently. */
  async boot(signal: AbortSignal, progress: (config: NodeConfig) => OnProgress): Promise<void> {
    const { nodes, driver, credentials } = this.#options;
    await this.#openAll(signal, async (config, either) => {
      const lease = this.#leaseOf(config);
      const onProgress = progress(config);
      const pending = await this.#pending.get(config)?.wait(onProgress, either);
      this.#pending.delete(config);
      return pending ?? nodes.open(driver, config, { lease, credentials, signal: either, onProgress });
    });
  }

  /** One of the open nodes is being drained, so that no build may start on it. */
  get isDraining(): boolean {
    return [...this.#open.values()].some(({ lease }) => lease.draining.aborted);
  }

  /** Why an open node was lost, if that was through no fault of the build; undefined if none was. */
  get restartableLoss(): ConnectError | undefined {
    const lost = [...this.#open.values()].filter(({ lease }) => lease.lost.aborted);
    return lost
      .map(({ lease }) => ConnectError.from(lease.lost.reason))
      .find(({ code }) => code === Code.Aborted);
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
    const open = [...this.#open.values(), ...this.#pending.values()];
    this.#open.clear();
    this.#pending.clear();
    await closeAll(open.map((node) => () => node.close()));
  }

  #leaseOf(config: NodeConfig): LeasePlan {
    const { configs, platforms, lease } = this.#options;
    const route = this.#pinned?.find(({ node }) => configs[node] === config);
    return { ...lease, platforms: route?.platforms ?? [...platforms] };
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
