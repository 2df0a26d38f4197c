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

/** The status of an Engine that can be used; otherwise rejects with the reason. */
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

/** The status of an Engine. Rejects only when the call was cancelled. */
export function inspect(config: NodeConfig, { signal }: Call): Promise<NodeStatusInit> {
  return statusOrUnreachable(signal, () => look(config, signal));
}
