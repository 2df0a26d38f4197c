import {
  type Call,
  type NodeConfig,
  NodeState,
  type NodeStatusInit,
  statusOrUnreachable,
} from "slipway/driver";
import { describeEngine, withEngine } from "../../engine/src/api.js";
import { locateEngine } from "../../engine/src/engine.js";
import { buildDefaultsOf, featuresOf } from "./features.js";
import { readTraits, requireLinux } from "./traits.js";

/** How an Engine is that can be used. Fails with the reason when it cannot. */
export async function look({ endpoint }: NodeConfig, signal: AbortSignal): Promise<NodeStatusInit> {
  return withEngine(await locateEngine(endpoint), signal, async (engine) => {
    requireLinux(engine);
    const traits = await readTraits(engine);
    return {
      state: NodeState.RUNNING,
      backend: describeEngine(engine),
      features: featuresOf(traits),
      buildDefaults: buildDefaultsOf(traits),
    };
  });
}

/** How an Engine is, whether it can be used or not. Only a call that was cancelled is an error. */
export function inspect(config: NodeConfig, { signal }: Call): Promise<NodeStatusInit> {
  return statusOrUnreachable(signal, () => look(config, signal));
}
