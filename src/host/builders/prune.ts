import { Code } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import type { Diagnostic } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import type { BuilderRecord } from "../../gen/slipway/state/v1/builder_record_pb.js";
import type { PruneBuilderRequest, UsageRecord } from "../../gen/slipway/v1/builder_pb.js";
import type { User } from "../access/user.js";
import type { ReadyNode } from "../nodes/ready-node.js";
import { userOpenOptions } from "../nodes/user-open-options.js";
import { buildkitVersion } from "./buildkit-version.js";
import type { UsageServices } from "./disk-usage.js";
import { nanosecondsOf } from "./duration.js";
import { merge } from "./merge.js";
import { nodeFailure, nodeFailures } from "./node-failures.js";
import { usageRecord } from "./usage-record.js";
import { type CallLimits, withinTimeout } from "./within-timeout.js";

/** A removed record, or why records of a node were not removed. */
export type PruneStep = { case: "record"; value: UsageRecord } | { case: "diagnostic"; value: Diagnostic };

/** Removes build cache from all running nodes concurrently. Fails only when no node answers. */
export async function* prune(
  { nodes, usages }: UsageServices,
  { builder, user }: { builder: BuilderRecord; user: User },
  request: PruneBuilderRequest,
  limits: CallLimits,
): AsyncGenerator<PruneStep> {
  const { signal } = limits;
  const configs = builder.nodes;
  const how = { ...userOpenOptions(user), anyConfiguration: true };
  const opened = await Promise.allSettled(
    configs.map((config) =>
      withinTimeout(limits, (limit) =>
        nodes.openIfRunning(builder.driver, config, { ...how, signal: limit }),
      ),
    ),
  );
  const ready = opened.flatMap((outcome) =>
    outcome.status === "fulfilled" && outcome.value ? [outcome.value] : [],
  );
  try {
    const failures = nodeFailures(configs, opened);
    await Promise.all(ready.map((node) => requireSpaceLimits(node, request, signal)));
    for (const value of failures) yield { case: "diagnostic", value };
    yield* merge(ready.map((node) => pruneNode(node, request, signal)));
    await Promise.all(ready.map((node) => usages.sample(node)));
  } finally {
    await Promise.all(ready.map((node) => node.close()));
  }
}

async function* pruneNode(
  { client, config }: ReadyNode,
  request: PruneBuilderRequest,
  signal: AbortSignal,
): AsyncGenerator<PruneStep> {
  const { filters: filter, all } = request;
  const space = {
    keepDuration: nanosecondsOf(request.keepDuration),
    reservedSpace: request.reservedSpaceBytes,
    maxUsedSpace: request.maxUsedSpaceBytes,
    minFreeSpace: request.minFreeSpaceBytes,
  };
  try {
    for await (const record of client.control.prune({ filter, all, ...space }, { signal }))
      yield { case: "record", value: usageRecord(record, config.node) };
  } catch (cause) {
    signal.throwIfAborted();
    yield { case: "diagnostic", value: nodeFailure(config, cause) };
  }
}

/** BuildKit before 0.17 supports only what was then called "keep bytes", and ignores the other limits. */
async function requireSpaceLimits(
  node: ReadyNode,
  { maxUsedSpaceBytes, minFreeSpaceBytes, reservedSpaceBytes }: PruneBuilderRequest,
  signal: AbortSignal,
): Promise<void> {
  if (maxUsedSpaceBytes === 0n && minFreeSpaceBytes === 0n && reservedSpaceBytes === 0n) return;
  const version = await buildkitVersion(node, signal);
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  // A version that is not a number is a custom build; assume that it is recent.
  const isOld = version === "" || (major === "0" && Number(minor) < 17);
  if (!isOld) return;
  throw typedError({
    code: Code.FailedPrecondition,
    reason: "FEATURE_UNSUPPORTED",
    message: `Node ${node.config.node} has BuildKit ${version || "older than v0.11"}, which cannot limit the disk space of the cache.`,
    remedy: "Update it to BuildKit v0.17 or later, or prune without space limits.",
    metadata: { feature: "prune.space", node: node.config.node },
  });
}
