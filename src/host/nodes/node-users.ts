/** Knows which nodes are in use, so that none is restarted under a build. */
export class NodeUsers {
  readonly #counts = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();

  /** Marks a node as in use; returns what ends that. */
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

  /** How many use the node now. */
  count(node: string): number {
    return this.#counts.get(node) ?? 0;
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
