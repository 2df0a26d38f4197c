import type { CredentialProvider } from "../../config/credential.js";
import type { NodeConfig, NodeStatus } from "../../gen/slipway/driver/v1/node_pb.js";
import type { LeasePlan } from "../../plugin-client/lease.js";
import type { PluginUse } from "../plugins/plugin-use.js";
import type { OnProgress } from "./progress.js";

/** A node that runs with this configuration. */
export interface RunningNode {
  driver: string;
  config: NodeConfig;
  status: NodeStatus;
  /** Keeps the plugin alive while the node is in use. */
  plugin: PluginUse;
  /** Closes what was opened and releases the plugin. */
  close(): Promise<void>;
}

/** How a node is opened. */
export interface OpenOptions {
  /** The node's status, as inspected a moment ago. Default: the node is inspected. */
  status?: NodeStatus;
  /** What the lease of its BuildKit is for. Default: a query shared by several users. */
  lease?: LeasePlan;
  /** Where the logins for pulling images come from, for a boot and for the lease. Default: there are none. */
  credentials?: readonly CredentialProvider[];
  signal?: AbortSignal;
  /** Receives the steps of a boot, and of a lease for which the driver creates something. */
  onProgress?: OnProgress;
}

/** How a node is opened that already runs. */
export interface OpenRunningOptions extends OpenOptions {
  /** Accepts an instance that still has a former configuration. */
  anyConfiguration?: boolean;
}
