import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import type { BuilderRecord } from "../../gen/slipway/state/v1/builder_record_pb.js";
import type { NodeSpec } from "../../gen/slipway/v1/builder_pb.js";
import type { User } from "../access/user.js";
import { type ConfiguredNode, configureNode } from "../nodes/configure-node.js";
import { toCurrentVersion } from "../nodes/stored-config.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import { checkKeptSecrets } from "./kept-secrets.js";

/** A change of an existing node. */
export interface ConfigChange {
  /** What the user gave. */
  given: NodeSpec;
  /** The complete description of the node after the change. */
  specOf(before: NodeConfig, descriptor: DriverDescriptor): NodeSpec;
}

/** A changed node, with its configuration before the change. */
export interface ChangedConfig extends ConfiguredNode {
  before: NodeConfig;
}

/** The configuration of a builder's node after a change; nothing is stored. */
export async function changeConfig(
  plugins: PluginManager,
  { name: builder, driver, forms }: BuilderRecord,
  existing: NodeConfig,
  { given, specOf }: ConfigChange,
  user: User,
): Promise<ChangedConfig> {
  const { node } = existing;
  const plugin = await plugins.use(driver);
  try {
    const stored = await toCurrentVersion(plugin, { config: existing, form: forms[node] });
    const { config: before } = stored;
    const spec = specOf(before, plugin.descriptor);
    const made = await configureNode(plugins, driver, { builder, node }, spec, user);
    // Who changes something else does not vouch for the endpoint.
    if (made.config.endpoint === before.endpoint) made.config.allowedAddresses ??= before.allowedAddresses;
    if (!user.isLocal) checkKeptSecrets(before, made.config, given, plugin.descriptor);
    return { ...made, before, diagnostics: [...stored.diagnostics, ...made.diagnostics] };
  } finally {
    plugin.release();
  }
}
