import type { DynamicNodeInit } from "./dynamic-nodes.js";

/** So long a pod that has gone is remembered, in milliseconds: whoever lost a build asks at once. */
const rememberMs = 30_000;

const losses = new Map<string, { pod: DynamicNodeInit; at: number }[]>();

/** Notes that a pod of a workload went while it was in use: when somebody asks why, the cluster may have forgotten it. */
export function noteLoss(workload: string, pod: DynamicNodeInit): void {
  const known = recentLosses(workload).filter(({ name }) => name !== pod.name);
  losses.set(
    workload,
    [...known, pod].map((one) => ({ pod: one, at: Date.now() })),
  );
}

/** Pods of a workload that went a short time ago. */
export function recentLosses(workload: string): DynamicNodeInit[] {
  const recent = (losses.get(workload) ?? []).filter(({ at }) => Date.now() - at < rememberMs);
  if (recent.length === 0) losses.delete(workload);
  else losses.set(workload, recent);
  return recent.map(({ pod }) => pod);
}
