import { type Call, type NodeConfig, NodeState, type NodeStatusInit } from "../../../src/driver/index.js";
import { readTypedError } from "../../../src/errors.js";
import { withEngine } from "./engine/api.js";
import { locateEngine } from "./engine/engine.js";
import { buildDefaultsOf, featuresOf } from "./features.js";
import { describeEngine, readTraits, requireLinux } from "./traits.js";

/** How long an Engine may take to say how it is, in milliseconds; through ssh that includes the login. */
const timeoutMs = 20_000;

/** How an Engine is that can be used. Fails with the reason when it cannot. */
export async function look({ endpoint }: NodeConfig, signal: AbortSignal): Promise<NodeStatusInit> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  return withEngine(await locateEngine(endpoint), limited, async (engine) => {
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
export async function inspect(config: NodeConfig, { signal }: Call): Promise<NodeStatusInit> {
  try {
    return await look(config, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    const { reason, message, remedy } = readTypedError(error);
    return { state: NodeState.UNREACHABLE, reason: message, reasonCode: reason, remedy };
  }
}
