import { create } from "@bufbuild/protobuf";
import type { UsageRecord as WireRecord } from "../../gen/moby/buildkit/v1/control_pb.js";
import { type UsageRecord, UsageRecordSchema } from "../../gen/slipway/v1/builder_pb.js";

/** Translates BuildKit's record of a cache entry. */
export function usageRecord(record: WireRecord, node: string): UsageRecord {
  return create(UsageRecordSchema, {
    id: record.id,
    node,
    parents:
      record.parents.length > 0 || !record.parentDeprecated ? record.parents : [record.parentDeprecated],
    sizeBytes: record.size,
    mutable: record.mutable,
    inUse: record.inUse,
    shared: record.shared,
    description: record.description,
    type: record.recordType,
    usageCount: record.usageCount,
    createTime: record.createdAt,
    lastUseTime: record.lastUsedAt,
  });
}
