import {
  allFeatures,
  buildDefaultsOf,
  type Call,
  type NodeConfig,
  NodeState,
  type NodeStatusInit,
  statusOrUnreachable,
} from "slipway/driver";
import { probe } from "./probe.js";
import { readTarget } from "./target.js";

/** The status of a BuildKit that answers. Rejects with the reason when it does not. */
export async function statusOf(config: NodeConfig, signal: AbortSignal): Promise<NodeStatusInit> {
  await probe(await readTarget(config), signal);
  return {
    state: NodeState.RUNNING,
    features: allFeatures,
    buildDefaults: buildDefaultsOf(config),
  };
}

/** The status of a BuildKit, reachable or not. Rejects only when the call is cancelled. */
export function inspect(config: NodeConfig, { signal }: Call): Promise<NodeStatusInit> {
  return statusOrUnreachable(signal, () => statusOf(config, signal));
}
