import { equals } from "@bufbuild/protobuf";
import { type NodeConfig, NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import type { LeasePlan } from "../../plugin-client/lease.js";
import { nodeKey } from "./node-users.js";
import type { ReadyNode } from "./ready-node.js";

/** How long a node is kept for the next build, in milliseconds. */
const keepMs = 10_000;
/** How long a node is used again: what its driver said about it is no older. In milliseconds. */
const maxAgeMs = 60_000;
/** How long BuildKit may take to answer before a kept connection is used, in milliseconds. */
const answerMs = 1_000;
/** After this time a kept node rests, in milliseconds. */
const restMs = 1_000;
/** Most nodes that are kept at a time. */
const maxKept = 32;

/** A node that a build opened, and what its lease is for. */
interface Opened {
  readonly node: ReadyNode;
  readonly plan: LeasePlan;
  /** When it was opened, on the clock of `performance.now()`. */
  readonly since: number;
  /** {@link WarmNodes.forgetAll} begins a new one. */
  readonly generation: number;
}

/** An opened node that no build uses. */
interface Kept extends Opened {
  /** Ends the watch over it. */
  readonly taken: AbortController;
}

/**
 * Keeps what builds opened (lease, connection, status, workers) for the next builds of the same principal, as far as the
 * driver allows it. A kept node is closed after some seconds, and at once when its lease ends or is being drained, or its
 * connection ends.
 */
export class WarmNodes {
  /** The oldest first. */
  readonly #kept = new Set<Kept>();
  #generation = 0;
  #isClosed = false;

  /**
   * @param isAwaited somebody waits until the node is not in use
   * @param onResting called when a node has been kept for a second, so that it delays no build that follows at once; a
   *   build that comes while it calls BuildKit opens the node anew
   */
  constructor(
    private readonly isAwaited: (node: ReadyNode) => boolean,
    private readonly onResting: (node: ReadyNode) => Promise<void> = async () => {},
  ) {}

  /** How often each node is kept. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { node } of this.#kept) {
      const key = nodeKey(node.driver, node.config);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  }

  /** Takes a kept node whose BuildKit answers; undefined when there is none. */
  async take(driver: string, config: NodeConfig, plan: LeasePlan): Promise<ReadyNode | undefined> {
    for (const kept of [...this.#kept].reverse()) {
      const { node } = kept;
      const isSame = node.driver === driver && isSamePlan(kept.plan, plan);
      if (!isSame || !node.client.isIdle || !equals(NodeConfigSchema, node.config, config)) continue;
      // Another caller may have taken it meanwhile.
      if (!this.#remove(kept)) continue;
      if (await node.client.answers(answerMs)) return this.#checkOut(kept);
      await node.close();
    }
    return undefined;
  }

  /** Keeps the node for later builds when this build closes it. */
  checkOut(node: ReadyNode, plan: LeasePlan): ReadyNode {
    return this.#checkOut({ node, plan, since: performance.now(), generation: this.#generation });
  }

  /** Closes the kept nodes that a function selects. */
  async forget(isMeant: (node: ReadyNode) => boolean): Promise<void> {
    const meant = [...this.#kept].filter(({ node }) => isMeant(node));
    await Promise.all(meant.map((kept) => this.#drop(kept)));
  }

  /** Closes all kept nodes. Those in use are closed when their builds end. */
  forgetAll(): Promise<void> {
    this.#generation += 1;
    return this.forget(() => true);
  }

  /** Closes all kept nodes, and keeps none any more. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.forgetAll();
  }

  #checkOut(opened: Opened): ReadyNode {
    let isOpen = true;
    const close = async () => {
      if (!isOpen) return;
      isOpen = false;
      await this.#keep(opened);
    };
    return { ...opened.node, close };
  }

  async #keep(opened: Opened): Promise<void> {
    const { node, since, generation } = opened;
    const left = Math.min(keepMs, since + maxAgeMs - performance.now());
    const isWanted = !this.#isClosed && generation === this.#generation && !this.isAwaited(node);
    if (!isWanted || left <= 0 || !canBeKept(node)) return node.close();
    const kept: Kept = { ...opened, taken: new AbortController() };
    const { lease, client } = node;
    const { signal } = kept.taken;
    const drop = () => void this.#drop(kept);
    const timer = setTimeout(drop, left).unref();
    const resting = setTimeout(() => void this.onResting(node), restMs).unref();
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      clearTimeout(resting);
    });
    for (const end of [lease.lost, lease.draining, client.broken])
      end.addEventListener("abort", drop, { signal });
    this.#kept.add(kept);
    if (this.#kept.size <= maxKept) return;
    const [oldest] = this.#kept;
    await this.#drop(oldest!);
  }

  async #drop(kept: Kept): Promise<void> {
    if (this.#remove(kept)) await kept.node.close();
  }

  /** Whether the node was kept until now. */
  #remove(kept: Kept): boolean {
    kept.taken.abort();
    return this.#kept.delete(kept);
  }
}

/** A node of an attached plugin is not kept, so that its author sees each lease. */
function canBeKept({ lease, client, plugin }: ReadyNode): boolean {
  return lease.isReusable && !client.broken.aborted && !plugin.isAttached;
}

/** Whether a driver would place both leases at the same BuildKit. */
function isSamePlan(one: LeasePlan, other: LeasePlan): boolean {
  const fields = ["purpose", "principal", "affinityKey"] as const;
  return (
    fields.every((field) => one[field] === other[field]) &&
    String(one.platforms ?? []) === String(other.platforms ?? [])
  );
}
