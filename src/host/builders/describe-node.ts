import { createHash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { buildkitdToml } from "../../config/buildkitd-toml.js";
import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import type { NodeConfig, NodeStatus } from "../../gen/slipway/driver/v1/node_pb.js";
import type { ConfigForm } from "../../gen/slipway/state/v1/builder_record_pb.js";
import {
  type DaemonFile,
  DaemonFileSchema,
  type Node,
  type NodeCondition,
  NodeConditionSchema,
  NodeSchema,
} from "../../gen/slipway/v1/builder_pb.js";
import { secretOptions } from "./secret-values.js";

/** Largest buildkitd.toml that is shown, in bytes. */
const maxShownBytes = 64 << 10;

/** What the configuration of a node is shown for. */
export interface ShowOptions {
  /** It is one of many, so no content of its files is shown. */
  isListed: boolean;
}

/**
 * A node for clients: without the options that its driver declares as sensitive, and without its files, which can be
 * private keys; "buildkitd.toml" has none.
 */
export function describeNode(
  config: NodeConfig,
  descriptor: DriverDescriptor | undefined,
  { isListed }: ShowOptions,
  form?: ConfigForm,
): Node {
  const secrets = secretOptions(config, descriptor).sort();
  const { node: name, endpoint, daemonFlags, platforms } = config;
  const options = Object.entries(config.options).filter(([option]) => !secrets.includes(option));
  const toml = config.daemonFiles[buildkitdToml];
  const isShown = toml !== undefined && !isListed && toml.length <= maxShownBytes;
  return create(NodeSchema, {
    spec: {
      name,
      endpoint,
      options: Object.fromEntries(options),
      daemonFlags,
      daemonFiles: isShown ? { [buildkitdToml]: toml } : {},
      platforms,
    },
    platforms,
    daemonFiles: describeFiles(config),
    secretOptions: secrets,
    upgradeWarnings: form?.upgradeWarnings,
  });
}

/** The state of a node for clients, from what its driver reports. */
export function conditionOf(status: NodeStatus): NodeCondition {
  const { state, reason, message, remedy, backend } = status;
  const { dynamicNodes, features, changedFields, stateKept } = status;
  return create(NodeConditionSchema, {
    state,
    reason,
    message,
    remedy,
    backend,
    dynamicNodes,
    features,
    changedFields,
    stateKept,
  });
}

/** The files of a node, without their content. */
function describeFiles({ daemonFiles }: NodeConfig): DaemonFile[] {
  const files = Object.entries(daemonFiles).sort(([a], [b]) => (a < b ? -1 : 1));
  return files.map(([path, content]) =>
    create(DaemonFileSchema, {
      path,
      sizeBytes: BigInt(content.length),
      digest: `sha256:${createHash("sha256").update(content).digest("hex")}`,
    }),
  );
}
