import type { V1Deployment, V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { kinds } from "../cluster/api.js";
import type { Target } from "../cluster/open.js";
import { isOurs, kindOf, ownSelector } from "../workload/manifest.js";

/** The object that keeps a node's pods. */
export type Workload = V1Deployment | V1StatefulSet;

/** What there is of a node in its cluster. */
export interface Seen {
  workload?: Workload;
  /** Also those that are on their way out. */
  pods: V1Pod[];
  /** Version of the list of pods. */
  resourceVersion: string;
}

/** Looks at a node's workload, whichever kind it is, and its pods. */
export async function look(target: Target, signal: AbortSignal): Promise<Seen> {
  const [workload, { pods, resourceVersion }] = await Promise.all([
    findWorkload(target, signal),
    listPods(target, signal),
  ]);
  return { workload, pods, resourceVersion };
}

/** The pods of a node. */
export async function listPods({ api, settings }: Target, signal: AbortSignal) {
  const selector = { labels: ownSelector(settings.name) };
  const { items: pods, resourceVersion } = await api.list<V1Pod>(kinds.pods, selector, signal);
  return { pods, resourceVersion };
}

/** The workload of the kind that the settings ask for, else the one of the other kind that they may have been before. */
export async function findWorkload(
  { api, settings }: Target,
  signal: AbortSignal,
): Promise<Workload | undefined> {
  const wanted = kindOf(settings);
  const other = wanted === kinds.deployments ? kinds.statefulsets : kinds.deployments;
  const found = await api.get<Workload>(wanted, settings.name, signal);
  if (found) return found;
  const former = await api.get<Workload>(other, settings.name, signal);
  return former && isOurs(former) ? former : undefined;
}
