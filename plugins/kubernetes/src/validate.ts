import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { KubeConfig } from "@kubernetes/client-node";
import {
  type CheckedNode,
  completeDaemonFlags,
  configuredEntitlements,
  type Diagnostic,
  DiagnosticSchema,
  type Environment,
  type NodeConfig,
  readTypedError,
  Severity,
  validateNode,
} from "slipway/driver";
import { defaultAccess, loadAccess, namespaceOf } from "./cluster/access.js";
import { descriptor } from "./descriptor.js";
import { formatEndpoint, type PartialEndpoint, parseEndpoint } from "./endpoint.js";
import { checkFileSizes, checkName, checkOptionValues } from "./workload/check.js";
import { defaultImage, workloadName } from "./workload/settings.js";

/** What is wrong with one field. */
export type Finding = Omit<MessageInitShape<typeof DiagnosticSchema>, "$typeName">;

/** Checks a node; what the user left out comes from the kubeconfig, so that the result is complete in itself. */
export function validate(given: NodeConfig, environment: Environment): CheckedNode {
  const { config, diagnostics } = validateNode(descriptor, given);
  const { options } = config;
  const report = (finding: Finding) => diagnostics.push(diagnostic(finding));
  const endpoint = resolveEndpoint(given, environment, report);
  if (endpoint) {
    config.endpoint = formatEndpoint(given.builder, endpoint.endpoint);
    options.namespace ||= namespaceOf(endpoint.access);
    for (const finding of checkName(endpoint.endpoint.workload, options)) report(finding);
  }
  config.daemonFlags = completeDaemonFlags(config.daemonFlags, {
    configured: configuredEntitlements(given.daemonFiles),
  });
  options.image ||= options.rootless === "true" ? `${defaultImage}-rootless` : defaultImage;
  // Without a value an option is not given.
  for (const [name, value] of Object.entries(options))
    if (value === "" && !name.startsWith("env.")) delete options[name];
  for (const finding of [...checkOptionValues(options), ...checkFileSizes(given.daemonFiles)])
    report(finding);
  return { config, diagnostics };
}

function resolveEndpoint(given: NodeConfig, environment: Environment, report: (finding: Finding) => void) {
  let asked: PartialEndpoint;
  try {
    asked = given.endpoint ? parseEndpoint(given.endpoint) : {};
    if (!asked.kubeconfig && !asked.inCluster) asked = { ...asked, ...defaultAccess(environment) };
  } catch (cause) {
    report({
      reason: "ENDPOINT_INVALID",
      field: "endpoint",
      message: `the endpoint ${given.endpoint} cannot be used: ${(cause as Error).message}`,
      remedy: descriptor.endpoint?.description,
    });
    return undefined;
  }
  if (!asked.kubeconfig && !asked.inCluster) {
    report({
      reason: "KUBECONFIG_MISSING",
      field: "endpoint",
      message: "the driver kubernetes requires access to a Kubernetes API: there is no kubeconfig",
      remedy:
        "Set KUBECONFIG, put a kubeconfig at ~/.kube/config, or name one with kubernetes://?kubeconfig=/path.",
    });
    return undefined;
  }
  let access: KubeConfig;
  try {
    access = loadAccess(asked);
  } catch (cause) {
    const { reason, message, remedy } = readTypedError(cause);
    report({ reason, field: "endpoint", message, remedy });
    return undefined;
  }
  const endpoint = {
    workload: asked.workload ?? workloadName(given.node),
    kubeconfig: asked.kubeconfig ?? [],
    inCluster: asked.inCluster ?? false,
    ...(!asked.inCluster && { context: access.getCurrentContext() }),
  };
  return { endpoint, access };
}

function diagnostic(finding: Finding): Diagnostic {
  return create(DiagnosticSchema, { severity: Severity.ERROR, ...finding });
}
