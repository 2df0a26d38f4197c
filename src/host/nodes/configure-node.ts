import { create } from "@bufbuild/protobuf";
import { type Diagnostic, DiagnosticSchema } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import { type NodeConfig, NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import type { ConfigForm } from "../../gen/slipway/state/v1/builder_record_pb.js";
import type { NodeSpec } from "../../gen/slipway/v1/builder_pb.js";
import { normalizePlatform, normalizePlatforms } from "../../inputs/platform.js";
import { pickVariables, type User } from "../access/user.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import { isError, refused } from "./findings.js";
import { checkRemoteNode } from "./remote-node.js";
import { formOf } from "./stored-config.js";

/** The configuration of a user's node. */
export interface ConfiguredNode {
  config: NodeConfig;
  /** The normal form that it has. */
  form: ConfigForm;
  /** Warnings of the driver. */
  diagnostics: Diagnostic[];
}

/**
 * Has the driver validate a user's node. Returns the normal form of its configuration, or throws INVALID_ARGUMENT.
 * PERMISSION_DENIED when a user on another machine names something of the host's own.
 */
export async function configureNode(
  plugins: PluginManager,
  driver: string,
  names: { builder: string; node: string },
  spec: NodeSpec | undefined,
  { environment, isLocal }: User,
): Promise<ConfiguredNode> {
  const given = create(NodeConfigSchema, {
    builder: names.builder,
    node: names.node,
    endpoint: spec?.endpoint,
    options: spec?.options,
    daemonFlags: spec?.daemonFlags,
    daemonFiles: spec?.daemonFiles,
    platforms: normalizePlatforms(spec?.platforms ?? []),
    // The host fills it in at each call.
    allowedAddresses: isLocal ? undefined : {},
  });
  const plugin = await plugins.use(driver);
  try {
    if (!isLocal) await checkRemoteNode(plugin.descriptor, spec);
    const variables = pickVariables(environment, plugin.descriptor.environmentVariables);
    const { config, diagnostics } = await plugin.driver.validate({
      driver,
      config: given,
      environment: variables,
    });
    const findings = [...diagnostics, ...checkPlatforms(spec?.platforms ?? [])];
    if (findings.some(isError)) throw refused(findings, "node");
    const { allowedAddresses } = given;
    const made = create(NodeConfigSchema, { ...(config ?? given), allowedAddresses });
    return { config: made, form: formOf(plugin.descriptor), diagnostics };
  } finally {
    plugin.release();
  }
}

function checkPlatforms(platforms: string[]): Diagnostic[] {
  return platforms.flatMap((platform, index) => {
    if (normalizePlatform(platform)) return [];
    const message = `${JSON.stringify(platform)} is not a platform.`;
    const remedy = "Use a form such as linux/amd64 or linux/arm/v7.";
    const field = `platforms[${index}]`;
    return [create(DiagnosticSchema, { reason: "PLATFORM_UNKNOWN", field, message, remedy })];
  });
}
