import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { Code, driverError, type Environment } from "slipway/driver";
import { type PartialEndpoint, splitPaths } from "../endpoint.js";

/** The variable by which users tell kubectl, and so this plugin, which files to read. */
export const kubeconfigVariable = "KUBECONFIG";

const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Where a cluster is found when an endpoint does not say. */
export function defaultAccess(environment: Environment): Pick<PartialEndpoint, "kubeconfig" | "inCluster"> {
  const named = environment[kubeconfigVariable];
  if (named) return { kubeconfig: splitPaths(named) };
  const usual = join(homedir(), ".kube", "config");
  if (existsSync(usual)) return { kubeconfig: [usual] };
  if (process.env.KUBERNETES_SERVICE_HOST && existsSync(join(serviceAccount, "token")))
    return { inCluster: true };
  return {};
}

/** Reads a kubeconfig and selects a context. Failures are typed and name the file. */
export function loadAccess({ kubeconfig = [], context, inCluster }: PartialEndpoint): KubeConfig {
  const config = new KubeConfig();
  if (inCluster) {
    config.loadFromCluster();
    return config;
  }
  // The first file decides what several have, as with kubectl.
  for (const [index, path] of kubeconfig.entries()) {
    const one = index === 0 ? config : new KubeConfig();
    try {
      one.loadFromString(readFileSync(path, "utf8"));
      one.makePathsAbsolute(join(path, ".."));
      if (index > 0) merge(config, one);
    } catch (cause) {
      throw driverError({
        code: Code.FailedPrecondition,
        reason: "KUBECONFIG_UNREADABLE",
        message: `the kubeconfig ${path} cannot be read: ${unreadable(cause as NodeJS.ErrnoException)}`,
        remedy: "Correct the file, or name another one with KUBECONFIG or in the endpoint.",
      });
    }
  }
  if (context) config.setCurrentContext(context);
  const name = config.getCurrentContext();
  const chosen = name ? config.getContextObject(name) : null;
  if (chosen && config.getCurrentCluster()) return config;
  throw driverError({
    code: Code.FailedPrecondition,
    reason: "KUBECONFIG_CONTEXT_MISSING",
    message: chosen
      ? `the context "${name}" names the cluster "${chosen.cluster}", which is not in ${kubeconfig.join(":")}`
      : name
        ? `there is no context "${name}" in ${kubeconfig.join(":")}`
        : `${kubeconfig.join(":")} has no current context`,
    remedy: `Contexts there: ${config.contexts.map((one) => one.name).join(", ") || "none"}.`,
  });
}

/** Namespace that the context, or the pod, is in. */
export function namespaceOf(config: KubeConfig): string {
  return config.getContextObject(config.getCurrentContext())?.namespace || "default";
}

function merge(into: KubeConfig, from: KubeConfig): void {
  into.currentContext ||= from.currentContext;
  for (const list of ["clusters", "users", "contexts"] as const) {
    const known = new Set(into[list].map(({ name }) => name));
    (into[list] as unknown[]).push(...from[list].filter(({ name }) => !known.has(name)));
  }
}

/** What is in the file may be secret, so a parser's excerpt of it is not shown. */
function unreadable(cause: NodeJS.ErrnoException & { reason?: string; mark?: { line: number } }): string {
  if (cause.code === "ENOENT") return "it does not exist";
  if (cause.code === "EACCES") return "permission denied";
  if (cause.mark) return `it is not YAML: ${cause.reason} in line ${cause.mark.line + 1}`;
  return cause.message;
}
