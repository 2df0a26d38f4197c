import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Diagnostic, Severity } from "../gen/slipway/common/v1/diagnostic_pb.js";
import { EndpointUse } from "../gen/slipway/common/v1/endpoint_pb.js";
import type { ValidateResponseSchema } from "../gen/slipway/driver/v1/driver_pb.js";
import { type NodeConfig, NodeConfigSchema } from "../gen/slipway/driver/v1/node_pb.js";
import { capabilityIds, hasCapability } from "../plugin-protocol/capabilities.js";
import { completeDescriptor } from "./capabilities.js";
import { checkDaemonFiles } from "./daemon-files.js";
import type { AnyDriver } from "./driver.js";
import { finding } from "./finding.js";
import { checkOptions } from "./options.js";
import { withoutUser } from "./without-user.js";

/** A configuration and what is wrong with it. */
export interface CheckedNode {
  /** The configuration in normal form, as far as its parts are valid. */
  config: NodeConfig;
  /** What is wrong. */
  diagnostics: Diagnostic[];
}

/**
 * Checks a node against a driver's descriptor: its options, its endpoint, and the settings that need a capability. A
 * driver adds its own findings and ends with {@link verdict}.
 */
export function validateNode(driver: AnyDriver["descriptor"], config: NodeConfig): CheckedNode {
  const descriptor = completeDescriptor(driver);
  const title = `The driver ${descriptor.name}`;
  const { options, diagnostics } = checkOptions(descriptor.options, config.options, title);
  const found: Diagnostic[] = [];
  const report = (reason: string, field: string, message: string, remedy: string) =>
    found.push(finding({ reason, field, message, remedy }));

  const use = descriptor.endpoint?.use ?? EndpointUse.OPTIONAL;
  const schemes = descriptor.endpoint?.schemes ?? [];
  const begin = schemes.map((one) => `${one}://`).join(" or ");
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(config.endpoint)?.[1];
  if (use === EndpointUse.REQUIRED && !config.endpoint) {
    const message = `${title} needs an endpoint. ${descriptor.endpoint?.description ?? ""}`.trim();
    report(
      "ENDPOINT_REQUIRED",
      "endpoint",
      message,
      `Set the endpoint${begin && `, beginning with ${begin}`}.`,
    );
  } else if (use === EndpointUse.FORBIDDEN && config.endpoint) {
    report("ENDPOINT_FORBIDDEN", "endpoint", `${title} does not take an endpoint.`, "Leave it out.");
  } else if (config.endpoint && schemes.length > 0 && !schemes.includes(scheme ?? "")) {
    const message = `${title} cannot use the endpoint ${withoutUser(config.endpoint)}.`;
    report("ENDPOINT_INVALID", "endpoint", message, `Begin it with ${begin}.`);
  }
  if (config.daemonFlags.length > 0 && !hasCapability(descriptor, capabilityIds.daemonFlags)) {
    const message = `${title} does not start a BuildKit daemon, so it cannot pass flags to one.`;
    report("DAEMON_FLAGS_UNSUPPORTED", "daemon_flags", message, "Leave out daemon_flags.");
  }
  if (Object.keys(config.daemonFiles).length > 0 && !hasCapability(descriptor, capabilityIds.daemonConfig)) {
    const message = `${title} does not start a BuildKit daemon, so it cannot configure one.`;
    const remedy = "Leave out daemon_files, or use a driver that starts its own BuildKit.";
    for (const file of Object.keys(config.daemonFiles)) {
      report("DAEMON_CONFIG_UNSUPPORTED", `daemon_files[${file}]`, message, remedy);
    }
  }
  if (hasCapability(descriptor, capabilityIds.daemonConfig))
    found.push(...checkDaemonFiles(config.daemonFiles));
  return {
    config: create(NodeConfigSchema, { ...config, options }),
    diagnostics: [...found, ...diagnostics],
  };
}

/** The answer of Validate, which has the configuration only when it is valid. */
export function verdict({
  config,
  diagnostics,
}: CheckedNode): MessageInitShape<typeof ValidateResponseSchema> {
  const usable = diagnostics.every(
    ({ severity }) => severity === Severity.WARNING || severity === Severity.INFO,
  );
  return usable ? { config, diagnostics } : { diagnostics };
}
