import type { KubeConfig } from "@kubernetes/client-node";
import {
  type CheckedNode,
  completeDaemonFlags,
  configuredEntitlements,
  type Diagnostic,
  type Environment,
  type Finding,
  finding,
  findingOf,
  type NodeConfig,
  validateNode,
} from "slipway/driver";
import { defaultAccess, loadAccess, namespaceOf } from "./cluster/access.js";
import { descriptor } from "./descriptor.js";
import { formatEndpoint, type PartialEndpoint, parseEndpoint } from "./endpoint.js";
import { checkFileSizes, checkName, checkOptionValues } from "./workload/check.js";
import { defaultImage, workloadName } from "./workload/settings.js";

/** Checks a node; what the user left out comes from the kubeconfig, so that the result is complete in itself. */
export function validate(given: NodeConfig, environment: Environment): CheckedNode {
  const { config, diagnostics } = validateNode(descriptor, given);
  const { options } = config;
  const report = (init: Finding) => diagnostics.push(finding(init));
  const endpoint = resolveEndpoint(given, environment, diagnostics);
  if (endpoint) {
    config.endpoint = formatEndpoint(given.builder, endpoint.endpoint);
    options.namespace ||= namespaceOf(endpoint.access);
    checkName(endpoint.endpoint.workload, options).forEach(report);
  }
  config.daemonFlags = completeDaemonFlags(config.daemonFlags, {
    configured: configuredEntitlements(given.daemonFiles),
  });
  options.image ||= options.rootless === "true" ? `${defaultImage}-rootless` : defaultImage;
  // Without a value an option is not given.
  for (const [name, value] of Object.entries(options))
    if (value === "" && !name.startsWith("env.")) delete options[name];
  [...checkOptionValues(options), ...checkFileSizes(given.daemonFiles)].forEach(report);
  return { config, diagnostics };
}

function resolveEndpoint(given: NodeConfig, environment: Environment, diagnostics: Diagnostic[]) {
  const report = (init: Finding) => diagnostics.push(finding({ field: "endpoint", ...init }));
  let asked: PartialEndpoint;
  try {
    asked = given.endpoint ? parseEndpoint(given.endpoint) : {};
    if (!asked.kubeconfig && !asked.inCluster) asked = { ...asked, ...defaultAccess(environment) };
  } catch (cause) {
    report({
      reason: "ENDPOINT_INVALID",
      message: `the endpoint ${given.endpoint} cannot be used: ${(cause as Error).message}`,
      remedy: descriptor.endpoint?.description,
    });
    return undefined;
  }
  if (!asked.kubeconfig && !asked.inCluster) {
    report({
      reason: "KUBECONFIG_MISSING",
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
    diagnostics.push(findingOf(cause, { field: "endpoint" }));
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
