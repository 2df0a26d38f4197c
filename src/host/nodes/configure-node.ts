import { create } from "@bufbuild/protobuf";
import { type Diagnostic, DiagnosticSchema } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import { type NodeConfig, NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import type { NodeSpec } from "../../gen/slipway/v1/builder_pb.js";
import { normalizePlatform, normalizePlatforms } from "../../inputs/platform.js";
import { pickVariables, type User } from "../access/user.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import { isError, refused } from "./findings.js";
import { checkRemoteNode } from "./remote-node.js";

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
): Promise<{ config: NodeConfig; diagnostics: Diagnostic[] }> {
  const given = create(NodeConfigSchema, {
    builder: names.builder,
    node: names.node,
    endpoint: spec?.endpoint,
    options: spec?.options,
    daemonFlags: spec?.daemonFlags,
    daemonFiles: spec?.daemonFiles,
    platforms: normalizePlatforms(spec?.platforms ?? []),
  });
  const lease = await plugins.use(driver);
  try {
    if (!isLocal) await checkRemoteNode(lease.descriptor, spec);
    const variables = pickVariables(environment, lease.descriptor.environmentVariables);
    const { config, diagnostics } = await lease.driver.validate({
      driver,
      config: given,
      environment: variables,
    });
    const errors = [...diagnostics, ...checkPlatforms(spec?.platforms ?? [])].filter(isError);
    if (errors.length > 0) throw refused(errors, "node");
    return { config: config ?? given, diagnostics };
  } finally {
    lease.release();
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
