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

/** How a BuildKit is that answers. Fails with the reason when it does not. */
export async function look(config: NodeConfig, signal: AbortSignal): Promise<NodeStatusInit> {
  await probe(await readTarget(config), signal);
  return {
    state: NodeState.RUNNING,
    features: allFeatures,
    buildDefaults: buildDefaultsOf(config),
  };
}

/** How a BuildKit is, whether it answers or not. Only a call that was cancelled is an error. */
export function inspect(config: NodeConfig, { signal }: Call): Promise<NodeStatusInit> {
  return statusOrUnreachable(signal, () => look(config, signal));
}
