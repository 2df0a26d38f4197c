import { create } from "@bufbuild/protobuf";
import type { UsageRecord as WireRecord } from "../../gen/moby/buildkit/v1/control_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import {
  type Builder,
  type PruneBuilderRequest,
  type UsageRecord,
  UsageRecordSchema,
} from "../../gen/slipway/v1/builder_pb.js";
import { nanosecondsOf } from "./duration.js";
import { configsOf } from "./node-configs.js";
import type { Nodes, ReadyNode } from "./nodes.js";

/** The build cache of all nodes that run. */
export async function diskUsage(
  nodes: Nodes,
  builder: Builder,
  filters: string[],
  signal: AbortSignal,
): Promise<UsageRecord[]> {
  const perNode = configsOf(builder).map((config) =>
    withNode(nodes, builder, config, signal, async ({ client }) => {
      const { record } = await client.control.diskUsage({ filter: filters }, { signal });
      return record.map((found) => convert(found, config.node));
    }),
  );
  return (await Promise.all(perNode)).flatMap((records) => records ?? []);
}

/** Removes build cache from all nodes that run, one after the other. */
export async function* prune(
  nodes: Nodes,
  builder: Builder,
  request: PruneBuilderRequest,
  signal: AbortSignal,
): AsyncGenerator<UsageRecord> {
  for (const config of configsOf(builder)) {
    const node = await nodes.openIfRunning(builder.driver, config, { signal, anyConfiguration: true });
    if (!node) continue;
    try {
      const { filters: filter, all } = request;
      const space = {
        keepDuration: nanosecondsOf(request.keepDuration),
        reservedSpace: request.reservedSpaceBytes,
        maxUsedSpace: request.maxUsedSpaceBytes,
        minFreeSpace: request.minFreeSpaceBytes,
      };
      for await (const record of node.client.control.prune({ filter, all, ...space }, { signal })) {
        yield convert(record, config.node);
      }
    } finally {
      await node.close();
    }
  }
}

async function withNode<T>(
  nodes: Nodes,
  builder: Builder,
  config: NodeConfig,
  signal: AbortSignal,
  use: (node: ReadyNode) => Promise<T>,
): Promise<T | undefined> {
  const node = await nodes.openIfRunning(builder.driver, config, { signal, anyConfiguration: true });
  if (!node) return undefined;
  try {
    return await use(node);
  } finally {
    await node.close();
  }
}

function convert(record: WireRecord, node: string): UsageRecord {
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
