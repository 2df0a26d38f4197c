import { clone, create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { encodeError } from "../../errors/typed-error.js";
import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import { type NodeConfig, NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import type { NodeSpec } from "../../gen/slipway/v1/builder_pb.js";
import { normalizePlatform, normalizePlatforms } from "../../inputs/platform.js";
import { type Environment, pickVariables } from "../base/user.js";
import type { PluginManager } from "../plugins/plugin-manager.js";

/** Has a driver check what the user says of a node; returns its normal form, or throws INVALID_ARGUMENT. */
export async function configureNode(
  plugins: PluginManager,
  driver: string,
  names: { builder: string; node: string },
  spec: NodeSpec | undefined,
  environment: Environment,
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
    const message = `${JSON.stringify(platform)} is no platform`;
    const remedy = "use a form such as linux/amd64 or linux/arm/v7";
    const field = `platforms[${index}]`;
    return [create(DiagnosticSchema, { reason: "PLATFORM_UNKNOWN", field, message, remedy })];
  });
}

/** A node's configuration without what its driver calls sensitive. */
export function publicConfig(config: NodeConfig, descriptor: DriverDescriptor | undefined): NodeConfig {
  const shown = clone(NodeConfigSchema, config);
  // Without the schema nobody knows which are secrets, so none is shown.
  if (!descriptor) shown.options = {};
  for (const option of descriptor?.options ?? []) {
    if (!option.sensitive) continue;
    const prefix = option.name.endsWith(".*") ? option.name.slice(0, -1) : undefined;
    for (const name of Object.keys(shown.options)) {
      if (name === option.name || (prefix && name.startsWith(prefix))) delete shown.options[name];
    }
  }
  return shown;
}

/** Whether a finding refuses what was checked. */
export function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === Severity.ERROR || diagnostic.severity === Severity.UNSPECIFIED;
}

/**
 * INVALID_ARGUMENT with all findings of a driver.
 * @param under path in the request of what was checked; findings about the whole of it have no field of their own
 */
export function refused(errors: Diagnostic[], under: string) {
  return encodeError({
    code: Code.InvalidArgument,
    reason: errors[0]!.reason,
    message: errors.map((error) => error.message).join("; "),
    remedy: errors.find((error) => error.remedy)?.remedy,
    helpUrl: errors.find((error) => error.helpUrl)?.helpUrl,
    fields: errors.map(({ field, reason, message }) => ({
      field: field ? `${under}.${field}` : under,
      reason,
      message,
    })),
  });
}
