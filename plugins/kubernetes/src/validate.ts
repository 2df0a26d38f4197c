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
import { checkPool, completePool } from "./pool/check-pool.js";
import { checkFileSizes } from "./workload/check-file-sizes.js";
import { checkName } from "./workload/check-name.js";
import { checkOptionValues } from "./workload/check-options.js";
import { defaultImage, workloadName } from "./workload/settings.js";

/** Checks a node and fills in defaults from the kubeconfig, so that the result depends on nothing else. */
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
  // An empty option counts as missing.
  for (const [name, value] of Object.entries(options))
    if (value === "" && !name.startsWith("env.")) delete options[name];
  completePool(options);
  [
    ...checkOptionValues(options),
    ...checkPool(options, given.options),
    ...checkFileSizes(given.daemonFiles),
  ].forEach(report);
  return { config, diagnostics };
}

function resolveEndpoint(given: NodeConfig, environment: Environment, diagnostics: Diagnostic[]) {
  const report = (init: Finding) => diagnostics.push(finding({ field: "endpoint", ...init }));
  let partial: PartialEndpoint;
  try {
    partial = given.endpoint ? parseEndpoint(given.endpoint) : {};
    if (!partial.kubeconfig && !partial.inCluster) partial = { ...partial, ...defaultAccess(environment) };
  } catch (cause) {
    report({
      reason: "ENDPOINT_INVALID",
      message: `The endpoint ${given.endpoint} cannot be used: ${(cause as Error).message}.`,
      remedy: descriptor.endpoint?.description,
    });
    return undefined;
  }
  if (!partial.kubeconfig && !partial.inCluster) {
    report({
      reason: "KUBECONFIG_MISSING",
      message: "The driver kubernetes requires access to a Kubernetes API, and there is no kubeconfig.",
      remedy: "Set KUBECONFIG, create ~/.kube/config, or set the endpoint to kubernetes://?kubeconfig=/path.",
    });
    return undefined;
  }
  let access: KubeConfig;
  try {
    access = loadAccess(partial);
  } catch (cause) {
    diagnostics.push(findingOf(cause, { field: "endpoint" }));
    return undefined;
  }
  const endpoint = {
    workload: partial.workload ?? workloadName(given.node),
    kubeconfig: partial.kubeconfig ?? [],
    inCluster: partial.inCluster ?? false,
    ...(!partial.inCluster && { context: access.getCurrentContext() }),
  };
  return { endpoint, access };
}
