import { isAbsolute } from "node:path";

/** How the cluster of a node is reached, and what the node's workload is called there. */
export interface Endpoint {
  /** Name of the Deployment or StatefulSet. */
  workload: string;
  /** Absolute paths of kubeconfig files, merged from left to right as kubectl does; none in a pod's own cluster. */
  kubeconfig: string[];
  /** Context in them; undefined means the current one. */
  context?: string;
  /** The cluster in which the Slipway host runs, by the pod's service account. */
  inCluster: boolean;
}

/** An endpoint that cannot be used; the message continues "the endpoint … cannot be used: ". */
export class EndpointError extends Error {}

/** What users may leave out. */
export type PartialEndpoint = Partial<Endpoint>;

/** Reads `kubernetes:///<builder>?deployment=…&kubeconfig=…&context=…`; all of its parts are optional. */
export function parseEndpoint(text: string): PartialEndpoint {
  if (!URL.canParse(text)) throw new EndpointError("it cannot be read as a URL");
  const url = new URL(text);
  if (url.protocol !== "kubernetes:") throw new EndpointError("it does not begin with kubernetes://");
  if (url.host) throw new EndpointError("a host has no meaning here: the kubeconfig names the server");
  const known = ["deployment", "kubeconfig", "context", "in-cluster"];
  for (const name of url.searchParams.keys())
    if (!known.includes(name)) throw new EndpointError(`it has no parameter "${name}"`);
  const { deployment, kubeconfig, context, ...rest } = Object.fromEntries(
    [...url.searchParams].filter(([, value]) => value !== ""),
  );
  const inCluster = rest["in-cluster"] === "true";
  if (inCluster && (kubeconfig || context))
    throw new EndpointError("in-cluster access needs neither kubeconfig nor context");
  return {
    ...(deployment && { workload: deployment }),
    ...(kubeconfig && { kubeconfig: splitPaths(kubeconfig) }),
    ...(context && { context }),
    ...(inCluster && { inCluster }),
  };
}

/** Writes an endpoint in its normal form, that of buildx: {@link parseEndpoint} reads the same. */
export function formatEndpoint(builder: string, endpoint: Endpoint): string {
  const query = new URLSearchParams({ deployment: endpoint.workload });
  if (endpoint.inCluster) query.set("in-cluster", "true");
  else query.set("kubeconfig", endpoint.kubeconfig.join(":"));
  if (endpoint.context) query.set("context", endpoint.context);
  return `kubernetes:///${encodeURIComponent(builder)}?${query}`;
}

/** Splits what KUBECONFIG may hold. */
export function splitPaths(list: string): string[] {
  const paths = list.split(":").filter(Boolean);
  for (const path of paths)
    if (!isAbsolute(path)) throw new EndpointError(`the path of the kubeconfig ${path} is not absolute`);
  return paths;
}
