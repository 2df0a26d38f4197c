import {
  allFeatures,
  type Call,
  type NodeConfig,
  NodeState,
  type NodeStatusInit,
  unreachable,
} from "slipway/driver";
import { probe } from "./probe.js";
import { readTarget } from "./target.js";

/** How a BuildKit is that answers. Fails with the reason when it does not. */
export async function look(config: NodeConfig, signal: AbortSignal): Promise<NodeStatusInit> {
  await probe(await readTarget(config), signal);
  return {
    state: NodeState.RUNNING,
    features: allFeatures,
    buildDefaults: { loadByDefault: config.options["default-load"] === "true" },
  };
}

/** How a BuildKit is, whether it answers or not. Only a call that was cancelled is an error. */
export async function inspect(config: NodeConfig, { signal }: Call): Promise<NodeStatusInit> {
  try {
    return await look(config, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return unreachable(error);
  }
}
