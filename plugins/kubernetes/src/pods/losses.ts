import type { DynamicNodeInit } from "./dynamic-nodes.js";

/** How long a lost pod is remembered, in milliseconds; the host asks right after a build fails. */
const rememberMs = 30_000;

const losses = new Map<string, { pod: DynamicNodeInit; at: number }[]>();

/** Records that a pod was lost while a build used it, since the cluster may forget the reason before the host asks. */
export function noteLoss(workload: string, pod: DynamicNodeInit): void {
  const others = recentLosses(workload).filter(({ name }) => name !== pod.name);
  losses.set(
    workload,
    [...others, pod].map((one) => ({ pod: one, at: performance.now() })),
  );
}

/** Pods of a workload that were lost a short time ago. */
export function recentLosses(workload: string): DynamicNodeInit[] {
  const recent = (losses.get(workload) ?? []).filter(({ at }) => performance.now() - at < rememberMs);
  if (recent.length === 0) losses.delete(workload);
  else losses.set(workload, recent);
  return recent.map(({ pod }) => pod);
}
