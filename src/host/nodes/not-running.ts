import { Code, type ConnectError } from "@connectrpc/connect";
import { encodeError } from "../../errors/typed-error.js";
import { NodeState } from "../../gen/slipway/common/v1/node_state_pb.js";
import type { NodeConfig, NodeStatus } from "../../gen/slipway/driver/v1/node_pb.js";

/** UNAVAILABLE with the driver's reason for a node that does not run. */
export function notRunning(config: NodeConfig, status: NodeStatus): ConnectError {
  return encodeError({
    code: Code.Unavailable,
    reason: status.reason || "NODE_NOT_RUNNING",
    message: status.message || `Node ${config.node} is ${NodeState[status.state].toLowerCase()}.`,
    remedy: status.remedy || undefined,
    metadata: { node: config.node },
  });
}
