import type { Call, NodeConfig, NodeStatusInit } from "slipway/driver";
import { withEngine } from "../../engine/src/api.js";
import { locateEngine } from "../../engine/src/engine.js";
import { statusOf } from "./container.js";
import { look } from "./inspect.js";
import { containerName } from "./names.js";

/** Stops a node's container; with `force` running builds get no time to end. */
export async function stop(
  config: NodeConfig,
  { force, signal }: Call & { force: boolean },
): Promise<NodeStatusInit> {
  const address = await locateEngine(config.endpoint);
  return withEngine(address, signal, async (engine) => {
    const docker = await engine.docker();
    try {
      await docker.getContainer(containerName(config)).stop(force ? { t: 0 } : {});
    } catch (error) {
      // The container does not exist, or is already stopped.
      if (![304, 404].includes(statusOf(error) ?? 0)) throw error;
    }
    return look(engine, config);
  });
}
