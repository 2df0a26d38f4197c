import type { V1Pod } from "@kubernetes/client-node";
import {
  allFeatures,
  buildDefaultsOf,
  Code,
  driverError,
  NodeState,
  type NodeStatusInit,
} from "slipway/driver";
import { kinds } from "../cluster/kinds.js";
import type { Target } from "../cluster/open.js";
import { pause } from "../pause.js";
import { describePod } from "../pods/describe.js";
import { dynamicNode } from "../pods/dynamic-nodes.js";
import { findWorkload } from "../pods/node-objects.js";
import { deleteAndWait, terminationMs } from "../workload/apply.js";
import { isOurs, ownSelector } from "../workload/ownership.js";
import { poolOf } from "./pool.js";
import { applyShared, listWorkers } from "./pool-objects.js";
import { stoppedAnnotation } from "./worker-pod.js";

/** Prepares a pool, so that leases can be had: they create its workers. */
export async function bootPool(target: Target, signal: AbortSignal): Promise<NodeStatusInit> {
  const former = await findWorkload(target, signal);
  if (former && isOurs(former)) await deleteAndWait(target, signal);
  await applyShared(target, signal);
  poolOf(target);
  return running(target, await listWorkers(target, signal));
}

/** The status of a pool: it runs when a worker is ready, and is stopped without any. */
export async function inspectPool(target: Target, signal: AbortSignal): Promise<NodeStatusInit> {
  const { api, settings } = target;
  const { name, namespace } = settings;
  const [budget, pods] = await Promise.all([
    api.get(kinds.budgets, name, signal),
    listWorkers(target, signal),
  ]);
  if (!budget) {
    const { items } = await api.list(kinds.claims, { labels: ownSelector(name) }, signal);
    return {
      state: NodeState.ABSENT,
      message: `The pool ${name} does not exist in namespace ${namespace} yet.`,
      reason: "NOT_CREATED",
      stateKept: items.length > 0,
      backend: api.server,
    };
  }
  // Whoever asks makes this process look after the workers, also after a restart.
  if (pods.length > 0) poolOf(target);
  const states = pods.map(describePod);
  if (states.some(({ state }) => state === NodeState.RUNNING)) return running(target, pods);
  const rest = partsOf(target, pods);
  const starting = states.find(({ state }) => state === NodeState.STARTING);
  if (starting)
    return { ...rest, state: NodeState.STARTING, reason: starting.reason, message: starting.message };
  const ending = states.find(({ state }) => state === NodeState.STOPPING || state === NodeState.UNREACHABLE);
  if (ending)
    return { ...rest, state: NodeState.STOPPING, reason: "SCALING_TO_ZERO", message: ending.message };
  return {
    ...rest,
    state: NodeState.STOPPED,
    reason: "SCALED_TO_ZERO",
    message: `It has none of its ${settings.pool!.max} workers; the next build creates one.`,
  };
}

function running(target: Target, pods: V1Pod[]): NodeStatusInit {
  return {
    ...partsOf(target, pods),
    state: NodeState.RUNNING,
    features: allFeatures,
    buildDefaults: buildDefaultsOf(target.config),
  };
}

function partsOf({ settings, api }: Target, pods: V1Pod[]) {
  return {
    backend: `Kubernetes at ${api.server}, namespace ${settings.namespace}`,
    dynamicNodes: pods.map((pod) => dynamicNode(pod, settings.platforms)),
  };
}

/** Deletes all workers and waits until they are gone; their claims stay. */
export async function stopPool(target: Target, force: boolean, signal: AbortSignal): Promise<NodeStatusInit> {
  const deadline = performance.now() + terminationMs;
  const deleted = new Set<string>();
  for (;;) {
    const pods = await listWorkers(target, signal);
    if (pods.length === 0 || performance.now() > deadline) return inspectPool(target, signal);
    for (const { metadata } of pods) {
      if (deleted.has(metadata!.uid!)) continue;
      deleted.add(metadata!.uid!);
      const annotations = { [stoppedAnnotation]: "true" };
      await target.api.patch(kinds.pods, metadata!.name!, { metadata: { annotations } }, signal);
      const options = force ? { gracePeriodSeconds: 0 } : {};
      await target.api.delete(kinds.pods, metadata!.name!, signal, options);
    }
    await pause(signal);
  }
}

/** Deletes what a pool has beside its claims and its Secret; returns what was removed. */
export async function removePool(target: Target, signal: AbortSignal): Promise<string[]> {
  const { api, settings } = target;
  const { name, namespace } = settings;
  const removed: string[] = [];
  const budget = await api.get(kinds.budgets, name, signal);
  if (budget && isOurs(budget) && (await api.delete(kinds.budgets, name, signal)))
    removed.push(`PodDisruptionBudget ${name}`);
  const pods = await listWorkers(target, signal);
  removed.push(...pods.map(({ metadata }) => `Pod ${metadata!.name}`));
  const { state, message } = pods.length > 0 ? await stopPool(target, true, signal) : {};
  if (pods.length > 0 && state !== NodeState.STOPPED && state !== NodeState.ABSENT)
    throw driverError({
      code: Code.DeadlineExceeded,
      reason: "PODS_NOT_ENDED",
      message: `The workers of ${name} in namespace ${namespace} are deleted, but still exist. ${message}`,
      remedy: "Try again. If the node is permanently lost, force the deletion of the pods.",
    });
  return removed;
}
