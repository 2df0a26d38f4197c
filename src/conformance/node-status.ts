import { Code } from "@connectrpc/connect";
import { NodeState } from "../gen/slipway/common/v1/node_state_pb.js";
import type { NodeStatus } from "../gen/slipway/driver/v1/node_pb.js";
import { isReason } from "./call-outcome.js";
import { must } from "./report/violation.js";

/** Codes of a call for a node that is absent or stopped. */
export const notRunning = [Code.Unavailable, Code.FailedPrecondition];

/** Throws unless a status has a state, and a reason for every state but RUNNING. */
export function mustExplain(status: NodeStatus | undefined): asserts status {
  must(
    status && NodeState[status.state] && status.state !== NodeState.UNSPECIFIED,
    "The status has no state.",
  );
  if (status.state === NodeState.RUNNING) return;
  const state = NodeState[status.state];
  must(status.message, `A node in state ${state} has no message.`);
  must(isReason(status.reason), `"${status.reason}" is not a valid reason of the state ${state}.`);
}

/** Name of a status's state. */
export function stateOf(status: NodeStatus | undefined): string {
  return NodeState[status?.state ?? NodeState.UNSPECIFIED] ?? "unknown";
}
