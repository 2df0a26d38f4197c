import { create } from "@bufbuild/protobuf";
import type { Reason } from "../../errors/reasons.js";
import { readTypedError } from "../../errors/typed-error.js";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import type { ConfigForm } from "../../gen/slipway/state/v1/builder_record_pb.js";
import { withPeriod } from "../../util/with-period.js";
import { withTimeout } from "../../util/with-timeout.js";
import type { Nodes } from "../nodes/nodes.js";
import type { NodeRemover } from "./node-remover.js";
import type { NodeOwner } from "./registry.js";

/** How long a change waits for the driver to report settings that are not applied yet, in milliseconds. */
const inspectTimeoutMs = 5_000;

/** A node that was changed. */
export interface ChangedNode {
  owner: NodeOwner;
  before: NodeConfig;
  config: NodeConfig;
  /** The normal form of both. */
  form: ConfigForm;
}

/** Reports the settings of a changed node that are not applied yet. Removes what the node created where it was. */
export async function settlePendingSettings(
  { owner, before, config, form }: ChangedNode,
  { nodes, remover }: { nodes: Nodes; remover: NodeRemover },
): Promise<Diagnostic[]> {
  const signal = new AbortController().signal;
  if (before.endpoint !== config.endpoint) {
    const how = { force: true, keepState: false, keepDaemon: false };
    return withTimeout(inspectTimeoutMs, signal, (limit) =>
      remover.removeNode(owner, { config: before, form }, how, limit),
    ).then(
      () => [],
      (cause) => [leftBehind(before, cause)],
    );
  }
  try {
    const { changedFields } = await withTimeout(inspectTimeoutMs, signal, (limit) =>
      nodes.inspect(owner.driver, config, limit),
    );
    return changedFields.length === 0 ? [] : [notApplied(config, changedFields)];
  } catch {
    // The next build checks again whether the settings are applied.
    return [];
  }
}

function leftBehind({ node, endpoint }: NodeConfig, cause: unknown): Diagnostic {
  return warning(
    "NODE_LEFT_BEHIND",
    withPeriod(
      `What node ${node} created at ${endpoint} could not be removed: ${readTypedError(cause).message}`,
    ),
    "Remove it there.",
  );
}

function notApplied({ node }: NodeConfig, changedFields: string[]): Diagnostic {
  return warning(
    "CONFIG_CHANGED",
    `Node ${node} still runs with former settings: ${changedFields.join(", ")}.`,
    "The next build or boot applies the new settings.",
  );
}

function warning(reason: Reason, message: string, remedy: string): Diagnostic {
  return create(DiagnosticSchema, { severity: Severity.WARNING, reason, message, remedy });
}
