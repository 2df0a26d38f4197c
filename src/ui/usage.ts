import type { UsageRecord } from "../gen/slipway/v1/builder_pb.js";
import { millis } from "./format.js";

/** What records of one kind use. */
export interface Usage {
  kind: string;
  count: number;
  /** In bytes. */
  size: number;
  /** Of those that no build uses now, in bytes. */
  unused: number;
}

/** What the records use by kind, the largest first. */
export function usageByKind(records: readonly UsageRecord[]): Usage[] {
  const kinds = new Map<string, Usage>();
  for (const { type, sizeBytes, inUse } of records) {
    const kind = type || "other";
    const usage = kinds.get(kind) ?? { kind, count: 0, size: 0, unused: 0 };
    kinds.set(kind, usage);
    usage.count++;
    usage.size += Number(sizeBytes);
    if (!inUse) usage.unused += Number(sizeBytes);
  }
  return [...kinds.values()].sort((a, b) => b.size - a.size);
}

/** What to remove. */
export interface PruneChoice {
  /** Internal and frontend records too. */
  all: boolean;
  /** Keep what was used within this time, in seconds. */
  keepSeconds: number;
}

/** Whether BuildKit removes a record, as far as the record says: it keeps those that remaining ones need. */
export function isPruned(record: UsageRecord, { all, keepSeconds }: PruneChoice, now: number): boolean {
  const { inUse, shared, type, lastUseTime, createTime } = record;
  if (inUse || (!all && (shared || type === "internal" || type === "frontend"))) return false;
  const used = lastUseTime ?? createTime;
  return keepSeconds === 0 || used === undefined || now - millis(used) > keepSeconds * 1000;
}
