import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { BuildkitClient } from "../../buildkit/client.js";
import { readTypedError, typedError } from "../../errors/typed-error.js";
import type { UsageRecord as WireRecord } from "../../gen/moby/buildkit/v1/control_pb.js";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import {
  type BuilderInstance,
  type PruneBuilderRequest,
  type UsageRecord,
  UsageRecordSchema,
} from "../../gen/slipway/v1/builder_pb.js";
import { untilAborted } from "../../util/until-aborted.js";
import { withTimeout } from "../../util/with-timeout.js";
import { configsOf } from "../nodes/node-configs.js";
import type { Nodes } from "../nodes/nodes.js";
import type { ReadyNode } from "../nodes/ready-node.js";
import { nanosecondsOf } from "./duration.js";
import { merge } from "./merge.js";

/** Limits of what is asked of a node. */
export interface CacheCall {
  signal: AbortSignal;
  /** So long a node may take to answer, in milliseconds; undefined for no limit. */
  timeoutMs: number | undefined;
}

/** The build cache of all nodes that run. Fails only when none of them answers. */
export async function diskUsage(
  nodes: Nodes,
  builder: BuilderInstance,
  filters: string[],
  call: CacheCall,
): Promise<{ records: UsageRecord[]; diagnostics: Diagnostic[] }> {
  const perNode = configsOf(builder).map((config) =>
    withRunning(nodes, builder, config, call, async ({ client }, signal) => {
      const { record } = await client.control.diskUsage({ filter: filters }, { signal });
      return record.map((found) => convert(found, config.node));
    }),
  );
  const outcomes = await Promise.allSettled(perNode);
  const records = outcomes.flatMap((outcome) =>
    outcome.status === "fulfilled" ? (outcome.value ?? []) : [],
  );
  return { records, diagnostics: problems(configsOf(builder), outcomes) };
}

/** Removes build cache from all nodes that run, at the same time. Fails only when none of them answers. */
export async function* prune(
  nodes: Nodes,
  builder: BuilderInstance,
  request: PruneBuilderRequest,
  { signal, timeoutMs }: CacheCall,
): AsyncGenerator<{ record: UsageRecord } | { diagnostic: Diagnostic }> {
  const configs = configsOf(builder);
  const opening = configs.map((config) =>
    limited(timeoutMs, signal, (limit) => open(nodes, builder, config, limit)),
  );
  const opened = await Promise.allSettled(opening);
  const ready = opened.flatMap((outcome) =>
    outcome.status === "fulfilled" && outcome.value ? [outcome.value] : [],
  );
  try {
    const failures = problems(configs, opened);
    await Promise.all(ready.map((node) => requireSpaceLimits(node, request, signal)));
    for (const diagnostic of failures) yield { diagnostic };
    yield* merge(ready.map((node) => pruneNode(node, request, signal)));
  } finally {
    await Promise.all(ready.map((node) => node.close()));
  }
}

async function* pruneNode(
  { client, config }: ReadyNode,
  request: PruneBuilderRequest,
  signal: AbortSignal,
): AsyncGenerator<{ record: UsageRecord } | { diagnostic: Diagnostic }> {
  const { filters: filter, all } = request;
  const space = {
    keepDuration: nanosecondsOf(request.keepDuration),
    reservedSpace: request.reservedSpaceBytes,
    maxUsedSpace: request.maxUsedSpaceBytes,
    minFreeSpace: request.minFreeSpaceBytes,
  };
  try {
    for await (const record of client.control.prune({ filter, all, ...space }, { signal }))
      yield { record: convert(record, config.node) };
  } catch (cause) {
    signal.throwIfAborted();
    yield { diagnostic: problem(config, cause) };
  }
}

/** A BuildKit before 0.17 takes only what was then called "keep bytes", and ignores the other limits. */
async function requireSpaceLimits(
  { client, config, workers }: ReadyNode,
  { maxUsedSpaceBytes, minFreeSpaceBytes, reservedSpaceBytes }: PruneBuilderRequest,
  signal: AbortSignal,
): Promise<void> {
  if (maxUsedSpaceBytes === 0n && minFreeSpaceBytes === 0n && reservedSpaceBytes === 0n) return;
  const version = workers[0]?.buildkitVersion?.version || (await buildkitVersion(client, signal));
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  // Before 0.11 BuildKit does not say what it is; a version that is no number is of somebody's own.
  const isOld = version === "" || (major === "0" && Number(minor) < 17);
  if (!isOld) return;
  throw typedError({
    code: Code.FailedPrecondition,
    reason: "FEATURE_UNSUPPORTED",
    message: `node ${config.node} has BuildKit ${version || "older than v0.11"}, which cannot limit the space that the cache uses`,
    remedy: "update it to BuildKit v0.17 or later, or prune without limits of space",
    metadata: { feature: "prune.space", node: config.node },
  });
}

/** BuildKit's own version; empty for daemons before 0.11. */
export async function buildkitVersion(client: BuildkitClient, signal?: AbortSignal): Promise<string> {
  const info = await client.control.info({}, { signal }).catch(() => undefined);
  return info?.buildkitVersion?.version ?? "";
}

function open(nodes: Nodes, builder: BuilderInstance, config: NodeConfig, signal: AbortSignal) {
  return nodes.openIfRunning(builder.driver, config, { signal, anyConfiguration: true });
}

async function withRunning<T>(
  nodes: Nodes,
  builder: BuilderInstance,
  config: NodeConfig,
  { signal, timeoutMs }: CacheCall,
  use: (node: ReadyNode, signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  return limited(timeoutMs, signal, async (limit) => {
    const node = await open(nodes, builder, config, limit);
    if (!node) return undefined;
    try {
      return await use(node, limit);
    } finally {
      await node.close();
    }
  });
}

async function limited<T>(
  timeoutMs: number | undefined,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (timeoutMs === undefined) return work(signal);
  return withTimeout(timeoutMs, signal, (limit) =>
    untilAborted(work(limit), limit).catch((cause) => {
      if (!limit.aborted || signal.aborted) throw cause;
      throw typedError({
        code: Code.DeadlineExceeded,
        reason: "TIMEOUT",
        message: `it did not answer within ${timeoutMs / 1000} s`,
        remedy: "wait longer with --timeout",
      });
    }),
  );
}

/** Why nodes did not answer. When none did, the first one's reason is the error. */
function problems(configs: NodeConfig[], outcomes: PromiseSettledResult<unknown>[]): Diagnostic[] {
  const failed = outcomes.flatMap((outcome, index) =>
    outcome.status === "rejected" ? [{ config: configs[index]!, cause: outcome.reason }] : [],
  );
  if (failed.length > 0 && failed.length === configs.length) throw failed[0]!.cause;
  return failed.map(({ config, cause }) => problem(config, cause));
}

function problem({ node }: NodeConfig, cause: unknown): Diagnostic {
  const { reason, message, remedy } = readTypedError(cause);
  const field = `nodes[${node}]`;
  return create(DiagnosticSchema, {
    severity: Severity.WARNING,
    reason,
    field,
    message: `node ${node}: ${message}`,
    remedy,
  });
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
