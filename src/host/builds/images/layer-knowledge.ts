import { createHash } from "node:crypto";

/** How many layers are remembered. */
const kept = 10_000;

/**
 * Maps digests of compressed layers to those of their uncompressed contents, learned from images. An entry never becomes
 * invalid. It is needed because a classic image store knows only uncompressed layers.
 */
export class LayerKnowledge {
  readonly #diffIds = new Map<string, string>();

  /** Digest of the uncompressed layer. */
  diffId(digest: string): string | undefined {
    return this.#diffIds.get(digest);
  }

  /** Learns the layers of an image, from its manifest and configuration. */
  learn(layers: readonly string[], diffIds: readonly string[]): void {
    if (layers.length !== diffIds.length) return;
    for (const [index, layer] of layers.entries()) {
      this.#diffIds.delete(layer);
      this.#diffIds.set(layer, diffIds[index]!);
    }
    for (const oldest of this.#diffIds.keys()) {
      if (this.#diffIds.size <= kept) break;
      this.#diffIds.delete(oldest);
    }
  }
}

/** The chain ID of each layer, which identifies it and all layers below it. */
export function chainIds(diffIds: readonly string[]): string[] {
  const chain: string[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(below ? `sha256:${createHash("sha256").update(`${below} ${diffId}`).digest("hex")}` : diffId);
  }
  return chain;
}
