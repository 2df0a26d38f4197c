import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Database, RootDatabase } from "lmdb";
import { type DiskUsageSample, NodeDiskUsageSchema } from "../../gen/slipway/v1/builder_pb.js";
import type { StoreWriter } from "./store-writer.js";

/** Most samples of one build cache. */
export const maxSamples = 200;
/** Most build caches with samples: far more than hosts have. Above it no further ones get any. */
const maxCaches = 1000;

/** Identifies a build cache: the node among all of the host, and a digest of its endpoint, since keys of LMDB are short. */
export type CacheKey = [node: string, endpoint: string];

/** The sizes of build caches over time. */
export class UsageRecords {
  readonly #writer: StoreWriter;
  readonly #usages: Database<Uint8Array, CacheKey>;

  constructor(root: RootDatabase, writer: StoreWriter) {
    this.#writer = writer;
    this.#usages = root.openDB({ name: "usages", encoding: "binary" });
  }

  /** The samples of a cache, the oldest first. */
  get(key: CacheKey): DiskUsageSample[] {
    const value = this.#usages.get(key);
    return value ? fromBinary(NodeDiskUsageSchema, value).samples : [];
  }

  /** Adds a sample. Above the limit, every second one of the older half is removed. */
  async add(key: CacheKey, sample: DiskUsageSample): Promise<void> {
    const before = this.get(key);
    if (before.length === 0 && this.#usages.getKeysCount() >= maxCaches) return;
    const all = [...before, sample];
    const isMuch = all.length > maxSamples;
    const samples = isMuch ? all.filter((_, at) => at >= maxSamples / 2 || at % 2 === 0) : all;
    const usage = toBinary(NodeDiskUsageSchema, create(NodeDiskUsageSchema, { samples }));
    await this.#writer.put(() => this.#usages.put(key, usage));
  }

  /** Removes the samples of a node. */
  async remove(node: string): Promise<void> {
    const keys = [...this.#usages.getKeys({ start: [node, ""], end: [node, "\uffff"] })];
    if (keys.length === 0) return;
    await this.#writer.remove(() => Promise.all(keys.map((key) => this.#usages.remove(key))));
  }
}
