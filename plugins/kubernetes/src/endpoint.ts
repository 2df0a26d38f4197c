import { isAbsolute } from "node:path";

/** The access to a node's cluster, and the name of its workload there. */
export interface Endpoint {
  /** Name of the Deployment or StatefulSet. */
  workload: string;
  /** Absolute paths of kubeconfig files, merged from left to right as in kubectl; empty for in-cluster access. */
  kubeconfig: string[];
  /** Context in the files; undefined means the current one. */
  context?: string;
  /** Uses the cluster in which the Slipway host runs, with the pod's service account. */
  inCluster: boolean;
}

/** An endpoint that cannot be used; the message is a clause after "The endpoint … cannot be used: ". */
export class EndpointError extends Error {}

/** An endpoint as users give it. */
export type PartialEndpoint = Partial<Endpoint>;

/** Parses `kubernetes:///<builder>?deployment=…&kubeconfig=…&context=…`; all of its parts are optional. */
export function parseEndpoint(text: string): PartialEndpoint {
  if (!URL.canParse(text)) throw new EndpointError("it cannot be read as a URL");
  const url = new URL(text);
  if (url.protocol !== "kubernetes:") throw new EndpointError("it does not begin with kubernetes://");
  if (url.host) throw new EndpointError("it cannot have a host, since the kubeconfig has the server");
  const known = ["deployment", "kubeconfig", "context", "in-cluster"];
  for (const name of url.searchParams.keys())
    if (!known.includes(name)) throw new EndpointError(`it has no parameter "${name}"`);
  const { deployment, kubeconfig, context, ...rest } = Object.fromEntries(
    [...url.searchParams].filter(([, value]) => value !== ""),
  );
  const inCluster = rest["in-cluster"] === "true";
  if (inCluster && (kubeconfig || context))
    throw new EndpointError("in-cluster access excludes kubeconfig and context");
  return {
    ...(deployment && { workload: deployment }),
    ...(kubeconfig && { kubeconfig: splitPaths(kubeconfig) }),
    ...(context && { context }),
    ...(inCluster && { inCluster }),
  };
}

/** Formats an endpoint in buildx's normal form; the inverse of {@link parseEndpoint}. */
export function formatEndpoint(builder: string, endpoint: Endpoint): string {
  const query = new URLSearchParams({ deployment: endpoint.workload });
  if (endpoint.inCluster) query.set("in-cluster", "true");
  else query.set("kubeconfig", endpoint.kubeconfig.join(":"));
  if (endpoint.context) query.set("context", endpoint.context);
  return `kubernetes:///${encodeURIComponent(builder)}?${query}`;
}

/** Splits a list of paths as in KUBECONFIG. */
export function splitPaths(list: string): string[] {
  const paths = list.split(":").filter(Boolean);
  for (const path of paths)
    if (!isAbsolute(path)) throw new EndpointError(`the path of the kubeconfig ${path} is not absolute`);
  return paths;
}
