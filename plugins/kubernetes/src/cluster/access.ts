import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { Code, driverError, type Environment } from "slipway/driver";
import { type PartialEndpoint, splitPaths } from "../endpoint.js";

/** The variable with the paths of kubeconfig files, as for kubectl. */
export const kubeconfigVariable = "KUBECONFIG";

const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The cluster access when the endpoint has none. */
export function defaultAccess(environment: Environment): Pick<PartialEndpoint, "kubeconfig" | "inCluster"> {
  const named = environment[kubeconfigVariable];
  if (named) return { kubeconfig: splitPaths(named) };
  const usual = join(homedir(), ".kube", "config");
  if (existsSync(usual)) return { kubeconfig: [usual] };
  if (process.env.KUBERNETES_SERVICE_HOST && existsSync(join(serviceAccount, "token")))
    return { inCluster: true };
  return {};
}

/** Reads kubeconfig files and selects a context. Failures are typed and name the file. */
export function loadAccess({ kubeconfig = [], context, inCluster }: PartialEndpoint): KubeConfig {
  const config = new KubeConfig();
  if (inCluster) {
    config.loadFromCluster();
    return config;
  }
  // As in kubectl: missing files of a list are skipped, and when names clash, the first file wins.
  const present = kubeconfig.filter((path) => existsSync(path));
  for (const [index, path] of (present.length > 0 ? present : kubeconfig).entries()) {
    const one = index === 0 ? config : new KubeConfig();
    try {
      one.loadFromString(readFileSync(path, "utf8"));
      one.makePathsAbsolute(join(path, ".."));
      if (index > 0) merge(config, one);
    } catch (cause) {
      throw driverError({
        code: Code.FailedPrecondition,
        reason: "KUBECONFIG_UNREADABLE",
        message: `The kubeconfig ${path} cannot be read: ${describe(cause as NodeJS.ErrnoException)}.`,
        remedy: "Correct the file, or set another one in KUBECONFIG or in the endpoint.",
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
      ? `The context "${name}" has the cluster "${chosen.cluster}", which is not in ${kubeconfig.join(":")}.`
      : name
        ? `There is no context "${name}" in ${kubeconfig.join(":")}.`
        : `There is no current context in ${kubeconfig.join(":")}.`,
    remedy: `Known contexts: ${config.contexts.map((one) => one.name).join(", ") || "none"}.`,
  });
}

/** The namespace of the context or of the host's pod. */
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

/** Describes a read error without the parser's excerpt, since the file may contain secrets. */
function describe(cause: NodeJS.ErrnoException & { reason?: string; mark?: { line: number } }): string {
  if (cause.code === "ENOENT") return "it does not exist";
  if (cause.code === "EACCES") return "permission denied";
  if (cause.mark) return `it is not YAML: ${cause.reason} in line ${cause.mark.line + 1}`;
  return cause.message;
}
