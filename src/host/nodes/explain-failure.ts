import { Code, ConnectError } from "@connectrpc/connect";
import type { Reason } from "../../errors/reasons.js";
import { readTypedError, typedError } from "../../errors/typed-error.js";
import { type NodeConfig, NodeState, type NodeStatus } from "../../gen/slipway/driver/v1/node_pb.js";
import type { DriverLease } from "../plugins/plugin-manager.js";
import { inspectNode } from "./driver-calls.js";
import { notRunning } from "./not-running.js";

/** How long the driver may take to explain a failure, in milliseconds. */
const inspectTimeoutMs = 5_000;

/**
 * Explains why a connection to a node failed. A transport error has no details, so the driver is asked for the node's
 * status.
 * @param otherwise reason of the error when the driver does not know one
 */
export async function explainFailure(
  lease: DriverLease,
  config: NodeConfig,
  cause: unknown,
  otherwise: Reason = "BUILDKIT_UNREACHABLE",
): Promise<ConnectError> {
  if (lease.died.aborted) return lease.died.reason;
  const error = ConnectError.from(cause);
  if (error.code !== Code.Unavailable) return error;
  const signal = AbortSignal.timeout(inspectTimeoutMs);
  const status = await inspectNode(lease, config, signal).catch(() => undefined);
  if (status && status.state !== NodeState.RUNNING && status.reason) return notRunning(config, status);
  if (readTypedError(error).domain) return error;
  // The node runs, but the part that the connection led to is gone.
  const message = [error.rawMessage, status && lostPart(status)].filter(Boolean).join(": ");
  return typedError({ code: error.code, reason: otherwise, message });
}

/** Why a part of a node is gone or terminating, or was until a moment ago. */
function lostPart({ dynamicNodes }: NodeStatus): string | undefined {
  const lost = dynamicNodes.filter(({ state, reason }) => reason && state !== NodeState.STARTING);
  return (lost.find(({ state }) => state !== NodeState.RUNNING) ?? lost[0])?.reason;
}
