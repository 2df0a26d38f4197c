import type { Diagnostic } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import type { BuilderRecord } from "../../gen/slipway/state/v1/builder_record_pb.js";
import type { UsageRecord } from "../../gen/slipway/v1/builder_pb.js";
import type { User } from "../access/user.js";
import type { Nodes } from "../nodes/nodes.js";
import { userOpenOptions } from "../nodes/user-open-options.js";
import { nodeFailures } from "./node-failures.js";
import type { UsageHistory } from "./usage-history.js";
import { usageRecord } from "./usage-record.js";
import { type CallLimits, withinTimeout } from "./within-timeout.js";

/** Which records of the build cache are wanted, and by whom. */
export interface UsageQuestion {
  filters: string[];
  user: User;
}

/** What asks and remembers. */
export interface UsageServices {
  nodes: Nodes;
  usages: UsageHistory;
}

/** Lists the build cache of all running nodes. Fails only when no node answers. */
export async function diskUsage(
  services: UsageServices,
  builder: BuilderRecord,
  question: UsageQuestion,
  limits: CallLimits,
): Promise<{ records: UsageRecord[]; diagnostics: Diagnostic[] }> {
  const configs = builder.nodes;
  const outcomes = await Promise.allSettled(
    configs.map((config) =>
      withinTimeout(limits, (signal) => usageOf(services, builder.driver, config, question, signal)),
    ),
  );
  const records = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? outcome.value : []));
  return { records, diagnostics: nodeFailures(configs, outcomes) };
}

async function usageOf(
  { nodes, usages }: UsageServices,
  driver: string,
  config: NodeConfig,
  { filters: filter, user }: UsageQuestion,
  signal: AbortSignal,
): Promise<UsageRecord[]> {
  const how = { ...userOpenOptions(user), signal, anyConfiguration: true };
  const node = await nodes.openIfRunning(driver, config, how);
  if (!node) return [];
  try {
    const { record } = await node.client.control.diskUsage({ filter }, { signal });
    if (filter.length === 0) await usages.record(node, record);
    // BuildKit has no order, and pages need one.
    return record.map((found) => usageRecord(found, config.node)).sort((a, b) => (a.id < b.id ? -1 : 1));
  } finally {
    await node.close();
  }
}
