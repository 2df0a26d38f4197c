import type { Database, RootDatabase } from "lmdb";
import type { StoreWriter } from "./store-writer.js";
import type { CacheKey } from "./usage-records.js";

/** The builds that a builder is for. */
export interface TrustClass {
  readonly untrusted: boolean;
}

/** The nodes whose build caches are left: they were kept, or could not be removed. */
export class LeftRecords {
  readonly #writer: StoreWriter;
  readonly #left: Database<string, CacheKey>;

  constructor(root: RootDatabase, writer: StoreWriter) {
    this.#writer = writer;
    this.#left = root.openDB({ name: "left", encoding: "string" });
  }

  /** Who may have left a build cache under the name of a node, at any endpoint. */
  of(node: string): TrustClass[] {
    const found = this.#left.getRange({ start: [node, ""], end: [node, "\uffff"] });
    return [...found].map(({ value }) => ({ untrusted: value === "untrusted" }));
  }

  /** Records that a builder may have left its cache. */
  async put(key: CacheKey, { untrusted }: TrustClass): Promise<void> {
    await this.#writer.put(() => this.#left.put(key, untrusted ? "untrusted" : "trusted"));
  }

  /** Records that nothing is left. */
  async remove(key: CacheKey): Promise<void> {
    if (this.#left.get(key) !== undefined) await this.#writer.remove(() => this.#left.remove(key));
  }
}
