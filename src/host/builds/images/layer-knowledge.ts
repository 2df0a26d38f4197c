import { createHash } from "node:crypto";

/** So many layers are remembered. */
const kept = 10_000;

/**
 * Which uncompressed layer a compressed one holds, by their digests. That is true of a blob for ever, and known once
 * an image with it was seen. A classic image store knows its layers only uncompressed.
 */
export class LayerKnowledge {
  readonly #diffIds = new Map<string, string>();

  /** Digest of the uncompressed layer. */
  diffId(digest: string): string | undefined {
    return this.#diffIds.get(digest);
  }

  /** Learns of the layers of an image, from its manifest and configuration. */
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

/** The chain ID of each layer, which stands for it and all below it. */
export function chainIds(diffIds: readonly string[]): string[] {
  const chain: string[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(below ? `sha256:${createHash("sha256").update(`${below} ${diffId}`).digest("hex")}` : diffId);
  }
  return chain;
}
