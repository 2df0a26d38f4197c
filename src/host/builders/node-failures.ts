import { create } from "@bufbuild/protobuf";
import { readTypedError } from "../../errors/typed-error.js";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";

/** Why some nodes did not answer. Throws the first node's error when no node answered. */
export function nodeFailures(
  configs: readonly NodeConfig[],
  outcomes: readonly PromiseSettledResult<unknown>[],
): Diagnostic[] {
  const failed = outcomes.flatMap((outcome, index) =>
    outcome.status === "rejected" ? [{ config: configs[index]!, cause: outcome.reason }] : [],
  );
  if (failed.length > 0 && failed.length === configs.length) throw failed[0]!.cause;
  return failed.map(({ config, cause }) => nodeFailure(config, cause));
}

/** A warning that names the node. */
export function nodeFailure({ node }: NodeConfig, cause: unknown): Diagnostic {
  const { reason, message, remedy } = readTypedError(cause);
  return create(DiagnosticSchema, {
    severity: Severity.WARNING,
    reason,
    field: `nodes[${node}]`,
    message: `Node ${node}: ${message}`,
    remedy,
  });
}
