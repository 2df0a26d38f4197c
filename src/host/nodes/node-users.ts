import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";

/** Identifies a node among all nodes of a host. */
export function nodeKey(driver: string, { node }: Pick<NodeConfig, "node">): string {
  return `${driver}/${node}`;
}

/** Counts the users of each node, so that no node is restarted during a build. */
export class NodeUsers {
  readonly #counts = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();

  /** Marks a node as in use until the returned function is called. */
  hold(node: string): () => void {
    this.#counts.set(node, this.count(node) + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = this.count(node) - 1;
      if (left > 0) this.#counts.set(node, left);
      else {
        this.#counts.delete(node);
        for (const wake of this.#waiting.get(node) ?? []) wake();
        this.#waiting.delete(node);
      }
    };
  }

  /** Number of nodes that are in use. */
  get size(): number {
    return this.#counts.size;
  }

  /** Number of current users of the node. */
  count(node: string): number {
    return this.#counts.get(node) ?? 0;
  }

  /** Somebody waits until the node is idle. */
  isAwaited(node: string): boolean {
    return this.#waiting.has(node);
  }

  /** Resolves when nobody uses the node. */
  async idle(node: string): Promise<void> {
    while (this.count(node) > 0) {
      await new Promise<void>((resolve) => {
        this.#waiting.set(node, [...(this.#waiting.get(node) ?? []), resolve]);
      });
    }
  }
}
