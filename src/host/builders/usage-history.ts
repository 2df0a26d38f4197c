import { create } from "@bufbuild/protobuf";
import { timestampMs, timestampNow } from "@bufbuild/protobuf/wkt";
import type { UsageRecord as WireRecord } from "../../gen/moby/buildkit/v1/control_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import { type DiskUsageSample, DiskUsageSampleSchema } from "../../gen/slipway/v1/builder_pb.js";
import type { Log } from "../base/log.js";
import { nodeKey } from "../nodes/node-users.js";
import type { ReadyNode } from "../nodes/ready-node.js";
import type { UsageRecords } from "../store/usage-records.js";
import { cacheKeyOf } from "./cache-key.js";

/** How often a node is asked after its builds, and how long a sample counts that equals the one before, in milliseconds. */
const everyMs = 10 * 60_000;
/** How long BuildKit may take for its answer, in milliseconds. */
const answerMs = 10_000;
/** Most types of a sample, and the longest name of one, in characters: BuildKit has six. */
const maxTypes = 15;
const maxTypeLength = 64;

/** An open node whose build cache is recorded. */
export type SampledNode = Pick<ReadyNode, "driver" | "config" | "status">;

/**
 * The disk usage of nodes over time. It is recorded when a node is open anyway: nothing is started or connected for it. It
 * never fails its caller.
 */
export class UsageHistory {
  readonly #records: UsageRecords;
  readonly #log: Log;
  /** When nodes were asked last after builds, by the clock of `performance`. */
  readonly #asked = new Map<string, number>();

  constructor(records: UsageRecords, log: Log) {
    this.#records = records;
    this.#log = log;
  }

  /** The samples of a node, the oldest first. */
  of(driver: string, config: NodeConfig): DiskUsageSample[] {
    return this.#records.get(cacheKeyOf(driver, config));
  }

  /** Records all records of a node's build cache. */
  async record({ driver, config, status }: SampledNode, records: readonly WireRecord[]): Promise<void> {
    // Each part of a node has its own cache, and nothing says which one answered.
    if (status.dynamicNodes.length > 1) return;
    const sizeBytes = sizesOf(records);
    const key = cacheKeyOf(driver, config);
    try {
      const last = this.#records.get(key).at(-1);
      const isFresh = last?.time && Date.now() - timestampMs(last.time) < everyMs;
      if (isFresh && isSame(last.sizeBytes, sizeBytes)) return;
      await this.#records.add(key, create(DiskUsageSampleSchema, { time: timestampNow(), sizeBytes }));
    } catch (cause) {
      this.#log.debug("The disk usage of a node is not recorded", {
        node: config.node,
        error: String(cause),
      });
    }
  }

  /** Asks an open node, and records its answer. */
  async sample(node: ReadyNode): Promise<void> {
    try {
      const { record } = await node.client.control.diskUsage({}, { timeoutMs: answerMs });
      await this.record(node, record);
    } catch (cause) {
      this.#log.debug("A node does not tell its disk usage", {
        node: node.config.node,
        error: String(cause),
      });
    }
  }

  /** The same, at most every ten minutes. */
  async sampleIfDue(node: ReadyNode): Promise<void> {
    const key = String(cacheKeyOf(node.driver, node.config));
    const last = this.#asked.get(key) ?? Number.NEGATIVE_INFINITY;
    if (performance.now() - last < everyMs) return;
    this.#asked.set(key, performance.now());
    await this.sample(node);
  }

  /** Removes what is recorded of nodes. */
  async forget(driver: string, configs: readonly NodeConfig[]): Promise<void> {
    for (const config of configs) {
      this.#asked.delete(String(cacheKeyOf(driver, config)));
      await this.#records.remove(nodeKey(driver, config));
    }
  }
}

/** The sizes by type; what is above the limits has the empty name. */
function sizesOf(records: readonly WireRecord[]): Record<string, bigint> {
  const sizes = new Map<string, bigint>();
  const add = (type: string, size: bigint) => sizes.set(type, (sizes.get(type) ?? 0n) + size);
  for (const { recordType, size } of records) add(recordType.length > maxTypeLength ? "" : recordType, size);
  const bySize = [...sizes].sort(([, a], [, b]) => (a < b ? 1 : -1));
  sizes.clear();
  for (const [at, [type, size]] of bySize.entries()) add(at < maxTypes ? type : "", size);
  return Object.fromEntries(sizes);
}

function isSame(one: Record<string, bigint>, other: Record<string, bigint>): boolean {
  const types = Object.keys(one);
  return types.length === Object.keys(other).length && types.every((type) => one[type] === other[type]);
}
