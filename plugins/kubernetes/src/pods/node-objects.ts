import type { V1Deployment, V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { kinds } from "../cluster/kinds.js";
import type { Target } from "../cluster/open.js";
import { isOurs, kindOf, ownSelector } from "../workload/ownership.js";

/** The object that manages a node's pods. */
export type Workload = V1Deployment | V1StatefulSet;

/** A node's objects in its cluster. */
export interface NodeObjects {
  workload?: Workload;
  /** Pods, including those that are being deleted. */
  pods: V1Pod[];
}

/** Finds a node's workload, of either kind, and its pods. */
export async function findObjects(target: Target, signal: AbortSignal): Promise<NodeObjects> {
  const [workload, pods] = await Promise.all([findWorkload(target, signal), listPods(target, signal)]);
  return { workload, pods };
}

/** The pods of a node. */
export async function listPods({ api, settings }: Target, signal: AbortSignal): Promise<V1Pod[]> {
  const { items } = await api.list<V1Pod>(kinds.pods, { labels: ownSelector(settings.name) }, signal);
  return items;
}

/** The workload of the kind that the settings require, else the one of the other kind from earlier settings. */
export async function findWorkload(
  { api, settings }: Target,
  signal: AbortSignal,
): Promise<Workload | undefined> {
  const kind = kindOf(settings);
  const otherKind = kind === kinds.deployments ? kinds.statefulsets : kinds.deployments;
  const found = await api.get<Workload>(kind, settings.name, signal);
  if (found) return found;
  const former = await api.get<Workload>(otherKind, settings.name, signal);
  return former && isOurs(former) ? former : undefined;
}
