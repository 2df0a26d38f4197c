import { Code, ConnectError } from "@connectrpc/connect";
import type { Reason } from "../../errors/reasons.js";
import { encodeError, readTypedError, typedError } from "../../errors/typed-error.js";
import { NodeState } from "../../gen/slipway/common/v1/node_state_pb.js";
import type { NodeConfig, NodeStatus } from "../../gen/slipway/driver/v1/node_pb.js";
import { settlesWithin } from "../../util/settles-within.js";
import { whenAborted } from "../../util/when-aborted.js";
import type { PluginUse } from "../plugins/plugin-use.js";
import { inspectNode } from "./driver-calls.js";
import { notRunning } from "./not-running.js";

/** How long to wait for the end of a lease after its connections have ended, in milliseconds. */
const lossMs = 500;
/** How long the driver may take to explain a failure, in milliseconds. */
const inspectTimeoutMs = 5_000;

/**
 * Explains why a connection to a node failed. A transport error has no details, so the driver is asked for the node's
 * status. So is it when BuildKit was lost in use. A typed error of the driver needs no second look.
 * @param otherwise reason of the error when the driver does not know one
 * @param lost aborts when the lease is lost, which is then the reason; it may abort shortly after the connections end
 */
export async function explainFailure(
  plugin: PluginUse,
  config: NodeConfig,
  cause: unknown,
  { otherwise = "BUILDKIT_UNREACHABLE", lost }: { otherwise?: Reason; lost?: AbortSignal } = {},
): Promise<ConnectError> {
  const error = ConnectError.from(cause);
  if (lost && error.code === Code.Unavailable) await settlesWithin(lossMs, whenAborted(lost));
  if (plugin.died.aborted) return plugin.died.reason;
  if (lost?.aborted) return lost.reason;
  const wasUsed = otherwise === "BUILDKIT_LOST";
  const isExplained = !wasUsed && readTypedError(error).domain;
  if (error.code !== Code.Unavailable || isExplained) return error;
  const signal = AbortSignal.timeout(inspectTimeoutMs);
  const status = await inspectNode(plugin, config, signal).catch(() => undefined);
  if (status && status.state !== NodeState.RUNNING && status.message) {
    const stopped = notRunning(config, status);
    return wasUsed ? lostInUse(stopped) : stopped;
  }
  if (readTypedError(error).domain) return error;
  // The node runs, but the part that the connection led to is gone.
  const message = [error.rawMessage, status && lostPart(status)].filter(Boolean).join(": ");
  return typedError({ code: error.code, reason: otherwise, message, ...(wasUsed && { remedy: again }) });
}

const again = "Run the build again.";

/** The node's current state explains the loss. BuildKit did run, so its remedy gets "Run the build again." */
function lostInUse(stopped: ConnectError): ConnectError {
  const error = readTypedError(stopped);
  const message = `BuildKit was lost during the build. ${error.message}`;
  return encodeError({ ...error, message, remedy: [error.remedy, again].filter(Boolean).join(" ") });
}

/** Why a part of a node is gone or terminating, or was until a moment ago. */
function lostPart({ dynamicNodes }: NodeStatus): string | undefined {
  const lost = dynamicNodes.filter(({ state, message }) => message && state !== NodeState.STARTING);
  return (lost.find(({ state }) => state !== NodeState.RUNNING) ?? lost[0])?.message;
}
