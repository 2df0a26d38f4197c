import { encodeError, invalidField, readTypedError } from "../../errors/typed-error.js";
import { NodeState } from "../../gen/slipway/common/v1/node_state_pb.js";
import type { NodeStatus } from "../../gen/slipway/driver/v1/node_pb.js";
import type { BootstrapBuilderRequest } from "../../gen/slipway/v1/builder_pb.js";
import type { User } from "../access/user.js";
import type { Log } from "../base/log.js";
import { type BootStep, bootNodes } from "../nodes/boot-nodes.js";
import type { Nodes } from "../nodes/nodes.js";
import { userOpenOptions } from "../nodes/user-open-options.js";
import type { BuilderLocks } from "./builder-locks.js";
import type { BuilderEditor, ChangedBuilder, Edit } from "./editor.js";
import { builderName } from "./names.js";
import type { NodeRemover } from "./node-remover.js";
import type { BuilderRegistry } from "./registry.js";

/** What booting a change uses. */
export interface BootChangeOptions {
  registry: BuilderRegistry;
  locks: BuilderLocks;
  editor: BuilderEditor;
  nodes: Nodes;
  remover: NodeRemover;
  log: Log;
}

/** A change of a builder that is undone when its node does not boot. */
export type Change = Exclude<BootstrapBuilderRequest["change"], { case: undefined }>;

/** Makes a change and boots its node. Undoes the change when the boot fails or the caller leaves. */
export async function* bootChange(
  options: BootChangeOptions,
  change: Change,
  user: User,
  signal: AbortSignal,
): AsyncGenerator<BootStep, ChangedBuilder> {
  const { registry, locks, editor, nodes } = options;
  if (change.case === "create" && change.value.validateOnly) {
    const message = "A builder that is only validated cannot be booted.";
    throw invalidField("create.validate_only", "VALIDATE_ONLY", message, "Call CreateBuilder instead.");
  }
  const name =
    change.case === "create"
      ? builderName(change.value.name)
      : (await registry.changeable(change.value.builder, user)).name;
  const release = await locks.acquire(name, signal);
  try {
    const edit =
      change.case === "create"
        ? await editor.create(name, change.value, user)
        : await editor.append(await registry.changeable(name, user), change.value, user);
    const { builder, config, diagnostics } = edit;
    // Before the boot, so that undoing removes only what the boot created. A failure is met again by the boot.
    const status = await nodes.inspect(builder.driver, config, signal).catch(() => undefined);
    let isDone = false;
    try {
      yield* bootNodes(nodes, builder.driver, [{ config, status }], { signal, ...userOpenOptions(user) });
      isDone = true;
    } catch (cause) {
      throw undone(edit, cause, isRemoved(edit, status));
    } finally {
      // Also when the caller leaves, which throws nothing here.
      if (!isDone) await undo(options, edit, status);
    }
    return { builder, diagnostics };
  } finally {
    release();
  }
}

/** Removes what the boot created, and restores the builder. */
async function undo(
  { editor, remover, log }: BootChangeOptions,
  edit: Edit,
  status: NodeStatus | undefined,
): Promise<void> {
  const { builder, config } = edit;
  if (isRemoved(edit, status)) {
    const how = { force: true, keepDaemon: false, keepState: status.stateKept };
    const stored = { config, form: builder.forms[config.node] };
    await remover.removeNode(builder, stored, how, new AbortController().signal).catch((cause) =>
      log.warn("What a failed boot created could not be removed", {
        node: config.node,
        error: String(cause),
      }),
    );
  }
  await editor.restore(edit);
}

/** Whether what the boot created is removed: nothing of the node was there before. */
function isRemoved({ config, before }: Edit, status: NodeStatus | undefined): status is NodeStatus {
  const isNew = !before?.nodes.some(({ node }) => node === config.node);
  return isNew && status?.state === NodeState.ABSENT;
}

function undone({ builder, config, before }: Edit, cause: unknown, nothingStays: boolean) {
  const what = before
    ? `Cannot boot node ${config.node}, so builder ${builder.name} was not changed`
    : `Cannot boot builder ${builder.name}, so it was not created`;
  const { metadata: { stays = "", ...metadata } = {}, remedy = "", ...error } = readTypedError(cause);
  return encodeError({
    ...error,
    metadata,
    remedy: (nothingStays ? remedy.replace(stays, "").trim() : remedy) || undefined,
    message: `${what}: ${error.message}`,
  });
}
