import type { Diagnostic } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import type { BuilderInstance, UsageRecord } from "../../gen/slipway/v1/builder_pb.js";
import { configsOf } from "../nodes/node-configs.js";
import type { Nodes } from "../nodes/nodes.js";
import { nodeFailures } from "./node-failures.js";
import { usageRecord } from "./usage-record.js";
import { type CallLimits, withinTimeout } from "./within-timeout.js";

/** Lists the build cache of all running nodes. Fails only when no node answers. */
export async function diskUsage(
  nodes: Nodes,
  builder: BuilderInstance,
  filters: string[],
  limits: CallLimits,
): Promise<{ records: UsageRecord[]; diagnostics: Diagnostic[] }> {
  const configs = configsOf(builder);
  const outcomes = await Promise.allSettled(
    configs.map((config) =>
      withinTimeout(limits, (signal) => usageOf(nodes, builder.driver, config, filters, signal)),
    ),
  );
  const records = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? outcome.value : []));
  return { records, diagnostics: nodeFailures(configs, outcomes) };
}

async function usageOf(
  nodes: Nodes,
  driver: string,
  config: NodeConfig,
  filter: string[],
  signal: AbortSignal,
): Promise<UsageRecord[]> {
  const node = await nodes.openIfRunning(driver, config, { signal, anyConfiguration: true });
  if (!node) return [];
  try {
    const { record } = await node.client.control.diskUsage({ filter }, { signal });
    return record.map((found) => usageRecord(found, config.node));
  } finally {
    await node.close();
  }
}
