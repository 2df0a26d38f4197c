import { Code } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import type { BuilderRecord } from "../../gen/slipway/state/v1/builder_record_pb.js";
import type { LeaveNodeRequest } from "../../gen/slipway/v1/builder_pb.js";
import { unknownNode } from "./builder-errors.js";
import { withoutNode } from "./change-nodes.js";
import type { ChangedBuilder } from "./editor.js";
import { leftBehind, type NodeRemover, type Removal, type RemoveOptions } from "./node-remover.js";
import type { BuilderRegistry } from "./registry.js";
import type { UsageHistory } from "./usage-history.js";

/** What removing uses. The caller holds the builder's lock. */
export interface RemovalServices {
  registry: BuilderRegistry;
  remover: NodeRemover;
  usages: UsageHistory;
}

/** Takes a node out of a stored builder and removes what the node created. */
export async function leaveBuilder(
  { remover, registry, usages }: RemovalServices,
  before: BuilderRecord,
  { node, force }: LeaveNodeRequest,
  signal: AbortSignal,
): Promise<ChangedBuilder> {
  const config = before.nodes.find((candidate) => candidate.node === node);
  if (!config) throw unknownNode(before, node);
  if (before.nodes.length === 1) throw lastNode(before, node);
  const how = { force, keepState: false, keepDaemon: false };
  const { diagnostics } = await remover.remove(before, [config], how, signal);
  const builder = withoutNode(before, node);
  await registry.put(builder);
  await usages.forget(before.driver, [config]);
  return { builder, diagnostics };
}

/**
 * Removes a stored builder. The builder stays when a node cannot be removed, except with force. Nodes whose secrets
 * cannot be decrypted cannot be removed: a driver that lacks secrets could remove something else.
 */
export async function removeBuilder(
  { remover, registry, usages }: RemovalServices,
  builder: BuilderRecord,
  options: RemoveOptions,
  signal: AbortSignal,
): Promise<Removal> {
  const lock = registry.lockOf(builder);
  if (lock && !options.force) throw lock;
  if (lock) for (const config of builder.nodes) await registry.setLeft(builder, config, true);
  const result = lock
    ? { removed: [], kept: [], diagnostics: builder.nodes.map(({ node }) => leftBehind(node, lock)) }
    : await remover.remove(builder, builder.nodes, options, signal);
  await registry.remove(builder.name);
  await usages.forget(builder.driver, builder.nodes);
  return result;
}

function lastNode({ name }: BuilderRecord, node: string) {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "NODE_LAST",
    message: `${node} is the last node of builder ${name}.`,
    remedy: "Remove the builder instead.",
    fields: [{ field: "node", message: "It is the last node." }],
  });
}
