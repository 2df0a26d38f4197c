import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { api } from "../kubernetes-driver/harness.js";
import { bridgeAddress } from "../lab/bridge.js";
import { lab, must, run, until } from "../lab/index.js";
import { apiServiceAddress } from "../lab/kubernetes/cluster.js";
import { clusterTools } from "../lab/recipes/cluster-tools.js";
import { type Address, forward } from "./forward.js";

/** Runs helm or kubectl as the admin of the lab's cluster, and returns the output. */
export async function tool(name: "helm" | "kubectl", ...args: string[]): Promise<string> {
  const env = { ...process.env, KUBECONFIG: lab().kubernetes.kubeconfig };
  return (await must((await clusterTools())[name], args, { env })).stdout;
}

/** The address of this machine in the network of the pods. */
export async function podGateway(): Promise<string> {
  const bridge = (await readFile(join(lab().kubernetes.logs, "bridge"), "utf8")).trim();
  return bridgeAddress(bridge);
}

/** Lets pods reach the API server until the test ends, by the address that a cluster's proxy would serve. */
export async function serveApiToPods(): Promise<void> {
  const route = ["local", `${apiServiceAddress}/32`, "dev", "lo"];
  await must("ip", ["route", "replace", ...route]);
  onTestFinished(async () => void (await run("ip", ["route", "del", ...route])));
  const { hostname, port } = new URL(lab().kubernetes.server);
  await forward({ host: apiServiceAddress, port: 443 }, () => ({ host: hostname, port: Number(port) }));
}

/** Makes an image known to the cluster, by several names. */
export async function importImage(archive: string, name: string, ...others: string[]): Promise<void> {
  const ctr = ["--address", lab().kubernetes.containerd, "--namespace", "k8s.io", "images"];
  await must("ctr", [...ctr, "import", archive]);
  const full = (short: string) => `docker.io/library/${short}`;
  for (const other of others) await must("ctr", [...ctr, "tag", "--force", full(name), full(other)]);
}

/** Makes namespaces of the test, without what an earlier test left, and removes them when it ends. */
export async function makeNamespaces(...names: string[]): Promise<void> {
  const remove = () => tool("kubectl", "delete", "namespace", "--ignore-not-found", "--wait=false", ...names);
  await tool("kubectl", "delete", "namespace", "--ignore-not-found", ...names);
  onTestFinished(async () => void (await remove()));
  for (const name of names) await api("POST", "/api/v1/namespaces", { metadata: { name } });
}

interface Slice {
  ports: { name: string; port: number }[];
  endpoints?: { addresses: string[]; conditions: { ready?: boolean } }[];
}

/**
 * Serves a service of the cluster on the loopback interface, as a load balancer with affinity of clients does: all
 * connections go to one ready pod while it is ready.
 */
export async function serveService(namespace: string, service: string): Promise<Address> {
  let ready: string[] = [];
  let current: string | undefined;
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3D${service}`;
  const look = async () => {
    const { items } = await api<{ items: Slice[] }>("GET", path);
    const endpoints = items.flatMap((slice) => slice.endpoints ?? []);
    ready = endpoints.filter(({ conditions }) => conditions.ready).flatMap(({ addresses }) => addresses);
  };
  await until("a pod to be ready", async () => {
    await look();
    return ready.length > 0;
  });
  const timer = setInterval(() => void look().catch(() => {}), 200);
  onTestFinished(() => clearInterval(timer));
  return forward({ host: "127.0.0.1" }, () => {
    if (!current || !ready.includes(current)) current = ready[0];
    return current ? { host: current, port: 8443 } : undefined;
  });
}
