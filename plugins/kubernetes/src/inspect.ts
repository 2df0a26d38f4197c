import {
  allFeatures,
  buildDefaultsOf,
  type Call,
  type NodeConfig,
  NodeState,
  type NodeStatusInit,
  statusOrUnreachable,
} from "slipway/driver";
import { kinds } from "./cluster/api.js";
import { identityOf, openTarget, type Target } from "./cluster/open.js";
import { describePod } from "./pods/describe.js";
import { type DynamicNodeInit, dynamicNode } from "./pods/dynamic-nodes.js";
import { look, type Seen, type Workload } from "./pods/look.js";
import { recentLosses } from "./pods/losses.js";
import { annotations, isOurs, ownSelector } from "./workload/manifest.js";
import { changedFields, digestSettings } from "./workload/settings.js";

/** How a node is. Only a call that was cancelled is an error: what the API server refuses is a state with its reason. */
export function inspect(config: NodeConfig, { signal }: Call): Promise<NodeStatusInit> {
  return statusOrUnreachable(signal, async () => inspectTarget(openTarget(config), signal));
}

/** How a node is; rejects when the API server cannot be asked. */
export async function inspectTarget(target: Target, signal: AbortSignal): Promise<NodeStatusInit> {
  const seen = await look(target, signal);
  return seen.workload ? statusOf(target, seen) : absent(target, signal);
}

async function absent(target: Target, signal: AbortSignal): Promise<NodeStatusInit> {
  const { api, settings } = target;
  const kept = settings.claimSize
    ? (await api.list(kinds.claims, { labels: ownSelector(settings.name) }, signal)).items.length > 0
    : false;
  return {
    state: NodeState.ABSENT,
    reason: `nothing named ${settings.name} exists in namespace ${settings.namespace} yet`,
    reasonCode: "NOT_CREATED",
    stateKept: kept,
    backend: api.server,
  };
}

/** How a node is of which there is something. */
export function statusOf(target: Target, { workload, pods }: Seen): NodeStatusInit {
  const { config, settings, api } = target;
  if (!isOurs(workload!)) return notOurs(target, workload!);
  const lost = workload!.spec?.replicas === 0 ? [] : recentLosses(identityOf(target));
  const there = pods.map((pod): DynamicNodeInit => {
    const seen = dynamicNode(pod, settings.platforms);
    // It may run again before anybody has asked why it did not.
    const reason = seen.reason || lost.find(({ name }) => name === seen.name)?.reason;
    return { ...seen, ...(reason && { reason }) };
  });
  const gone = lost.filter(({ name }) => !there.some((pod) => pod.name === name));
  const found = {
    ...stateOf(workload!, pods),
    backend: `Kubernetes at ${api.server}, namespace ${settings.namespace}`,
    dynamicNodes: [...there, ...gone],
    changedFields: changesOf(workload!, config),
  };
  if (found.state === NodeState.STARTING && gone.length > 0)
    found.reason = `${gone[0]!.reason}; ${found.reason}`;
  if (found.state !== NodeState.RUNNING) return found;
  return {
    ...found,
    features: allFeatures,
    buildDefaults: buildDefaultsOf(config),
  };
}

function stateOf(
  { spec }: Workload,
  pods: Seen["pods"],
): { state: NodeState; reason?: string; reasonCode?: string } {
  const states = pods.map(describePod);
  const stopping = states.filter(({ state }) => state === NodeState.STOPPING);
  if (spec?.replicas === 0) {
    if (stopping.length > 0)
      return { state: NodeState.STOPPING, reason: stopping[0]!.reason, reasonCode: "SCALING_TO_ZERO" };
    return { state: NodeState.STOPPED, reason: "it is scaled to zero pods", reasonCode: "SCALED_TO_ZERO" };
  }
  if (states.some(({ state }) => state === NodeState.RUNNING)) return { state: NodeState.RUNNING };
  // A pod that is broken says more than one that has just been made in its place.
  const worst =
    states.find(({ hopeless }) => hopeless) ??
    states.find(({ state }) => state !== NodeState.STARTING) ??
    states[0];
  return {
    state: NodeState.STARTING,
    reason: worst?.reason ?? "its pods have not been created yet",
    reasonCode: worst ? upperSnake(worst.code) : "PODS_MISSING",
  };
}

function notOurs({ settings }: Target, { kind = "workload" }: Workload): NodeStatusInit {
  return {
    state: NodeState.UNREACHABLE,
    reason: `the ${kind} "${settings.name}" in namespace ${settings.namespace} was not created by Slipway`,
    reasonCode: "NAME_TAKEN",
    remedy: "Give the node another name (--node), or another namespace.",
  };
}

function changesOf({ metadata }: Workload, config: NodeConfig): string[] {
  const noted = metadata?.annotations?.[annotations.settings];
  return noted ? changedFields(JSON.parse(noted), digestSettings(config)) : [];
}

/** "OOMKilled" -> "OOM_KILLED". */
export function upperSnake(word: string): string {
  return word
    .replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, "_")
    .replace(/\W+/g, "_")
    .toUpperCase();
}
