import type { CredentialProvider } from "../../config/credential.js";
import type { NodeConfig, NodeStatus } from "../../gen/slipway/driver/v1/node_pb.js";
import type { DriverLease } from "../plugins/plugin-manager.js";
import type { OnProgress } from "./progress.js";

/** A node that runs with this configuration. */
export interface RunningNode {
  driver: string;
  config: NodeConfig;
  status: NodeStatus;
  /** Keeps the plugin alive while the node is in use. */
  lease: DriverLease;
  /** Closes what was opened and releases the plugin. */
  close(): Promise<void>;
}

/** How a node is opened. */
export interface OpenOptions {
  /** Connections with the same key should reach the same replica. */
  affinityKey?: string;
  signal?: AbortSignal;
}

/** How a node is opened that may have to be booted. */
export interface BootOptions extends OpenOptions {
  onProgress?: OnProgress;
  /** Where the logins for pulling the node's images come from. */
  credentials?: readonly CredentialProvider[];
}

/** How a node is opened that already runs. */
export interface OpenRunningOptions extends OpenOptions {
  /** Accepts an instance that still has a former configuration. */
  anyConfiguration?: boolean;
}
