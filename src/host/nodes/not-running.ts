import { Code, type ConnectError } from "@connectrpc/connect";
import { encodeError } from "../../errors/typed-error.js";
import { type NodeConfig, NodeState, type NodeStatus } from "../../gen/slipway/driver/v1/node_pb.js";

/** UNAVAILABLE with the driver's reason for a node that does not run. */
export function notRunning(config: NodeConfig, status: NodeStatus): ConnectError {
  return encodeError({
    code: Code.Unavailable,
    reason: status.reasonCode || "NODE_NOT_RUNNING",
    message: status.reason || `Node ${config.node} is ${NodeState[status.state].toLowerCase()}.`,
    remedy: status.remedy || undefined,
    metadata: { node: config.node },
  });
}
