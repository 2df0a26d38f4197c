import {
  allFeatures,
  buildDefaultsOf,
  type Call,
  type NodeConfig,
  NodeState,
  type NodeStatusInit,
  statusOrUnreachable,
} from "slipway/driver";
import { kinds } from "./cluster/kinds.js";
import { identityOf, openTarget, type Target } from "./cluster/open.js";
import { describePod } from "./pods/describe.js";
import { type DynamicNodeInit, dynamicNode } from "./pods/dynamic-nodes.js";
import { recentLosses } from "./pods/losses.js";
import { findObjects, type NodeObjects, type Workload } from "./pods/node-objects.js";
import { inspectPool } from "./pool/pool-node.js";
import { annotations, isOurs, ownSelector } from "./workload/ownership.js";
import { changedFields, digestSettings } from "./workload/settings.js";

/** The status of a node. Rejects only when the call is cancelled; an error of the API server is a state with a reason. */
export function inspect(config: NodeConfig, { signal }: Call): Promise<NodeStatusInit> {
  return statusOrUnreachable(signal, async () => inspectTarget(openTarget(config), signal));
}

/** The status of a node. Rejects when the API server fails. */
export async function inspectTarget(target: Target, signal: AbortSignal): Promise<NodeStatusInit> {
  if (target.settings.pool) return inspectPool(target, signal);
  const objects = await findObjects(target, signal);
  return objects.workload ? statusOf(target, objects) : absent(target, signal);
}

async function absent(target: Target, signal: AbortSignal): Promise<NodeStatusInit> {
  const { api, settings } = target;
  const kept = settings.claimSize
    ? (await api.list(kinds.claims, { labels: ownSelector(settings.name) }, signal)).items.length > 0
    : false;
  return {
    state: NodeState.ABSENT,
    message: `The workload ${settings.name} does not exist in namespace ${settings.namespace} yet.`,
    reason: "NOT_CREATED",
    stateKept: kept,
    backend: api.server,
  };
}

/** The status of a node whose workload exists. */
export function statusOf(target: Target, { workload, pods }: NodeObjects): NodeStatusInit {
  const { config, settings, api } = target;
  if (!isOurs(workload!)) return notOurs(target, workload!);
  const lost = workload!.spec?.replicas === 0 ? [] : recentLosses(identityOf(target));
  const existing = pods.map((pod): DynamicNodeInit => {
    const node = dynamicNode(pod, settings.platforms);
    if (node.message) return node;
    // The pod may already run again when the reason is requested.
    const known = lost.find(({ name }) => name === node.name);
    return known ? { ...known, state: node.state! } : node;
  });
  const gone = lost.filter(({ name }) => !existing.some((pod) => pod.name === name));
  const status = {
    ...stateOf(workload!, pods),
    backend: `Kubernetes at ${api.server}, namespace ${settings.namespace}`,
    dynamicNodes: [...existing, ...gone],
    changedFields: changesOf(workload!, config),
  };
  if (status.state === NodeState.STARTING && gone.length > 0)
    status.message = `${gone[0]!.message} ${status.message}`;
  if (status.state !== NodeState.RUNNING) return status;
  return {
    ...status,
    features: allFeatures,
    buildDefaults: buildDefaultsOf(config),
  };
}

/** The state of a workload with these pods. */
export function stateOf(
  { spec }: Workload,
  pods: NodeObjects["pods"],
): { state: NodeState; reason?: string; message?: string } {
  const states = pods.map(describePod);
  if (spec?.replicas === 0) {
    // Kubernetes begins to delete pods some time after the workload was scaled. Those that have ended may stay.
    const left = states.filter(({ state }) => state !== NodeState.STOPPED);
    if (left.length > 0) {
      const stopping = left.find(({ state }) => state === NodeState.STOPPING);
      const message = stopping?.message ?? "Its pods are not deleted yet.";
      return { state: NodeState.STOPPING, reason: "SCALING_TO_ZERO", message };
    }
    return { state: NodeState.STOPPED, reason: "SCALED_TO_ZERO", message: "It is scaled to zero pods." };
  }
  if (states.some(({ state }) => state === NodeState.RUNNING)) return { state: NodeState.RUNNING };
  // A broken pod explains more than the new one in its place.
  const worst =
    states.find(({ permanent }) => permanent) ??
    states.find(({ state }) => state !== NodeState.STARTING) ??
    states[0];
  return {
    state: NodeState.STARTING,
    reason: worst?.reason ?? "PODS_MISSING",
    message: worst?.message ?? "Its pods have not been created yet.",
  };
}

function notOurs({ settings }: Target, { kind = "workload" }: Workload): NodeStatusInit {
  return {
    state: NodeState.UNREACHABLE,
    message: `The ${kind} "${settings.name}" in namespace ${settings.namespace} was not created by Slipway.`,
    reason: "NAME_TAKEN",
    remedy: "Use another node name or another namespace.",
  };
}

function changesOf({ metadata }: Workload, config: NodeConfig): string[] {
  const recorded = metadata?.annotations?.[annotations.settings];
  return recorded ? changedFields(JSON.parse(recorded), digestSettings(config)) : [];
}
