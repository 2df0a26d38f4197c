import { Code, ConnectError } from "@connectrpc/connect";
import type { RegistryCredential } from "../../gen/slipway/common/v1/credential_pb.js";
import { NodeState } from "../../gen/slipway/common/v1/node_state_pb.js";
import type { NodeConfig, NodeStatus } from "../../gen/slipway/driver/v1/node_pb.js";
import type { PluginUse } from "../plugins/plugin-use.js";
import { notRunning } from "./not-running.js";
import type { OnProgress } from "./progress.js";

/** Asks the driver for the node's status. */
export async function inspectNode(
  plugin: PluginUse,
  config: NodeConfig,
  signal?: AbortSignal,
): Promise<NodeStatus> {
  const driver = plugin.descriptor.name;
  const { status } = await plugin.driver.inspect({ driver, config }, { signal });
  if (!status)
    throw new ConnectError(`The driver ${driver} returned no status for node ${config.node}.`, Code.Internal);
  return status;
}

/** Has the driver boot the node; returns the status of the running node. */
export async function bootstrapNode(
  plugin: PluginUse,
  config: NodeConfig,
  credentials: Record<string, RegistryCredential>,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<NodeStatus> {
  const driver = plugin.descriptor.name;
  let status: NodeStatus | undefined;
  for await (const { event } of plugin.driver.bootstrap({ driver, config, credentials }, { signal })) {
    if (event.case === "progress") onProgress(event.value);
    if (event.case === "status") status = event.value;
  }
  if (!status)
    throw new ConnectError(
      `The driver ${driver} ended the boot of node ${config.node} without a status.`,
      Code.Internal,
    );
  if (status.state !== NodeState.RUNNING) throw notRunning(config, status);
  return status;
}
