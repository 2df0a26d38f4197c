import { setTimeout as sleep } from "node:timers/promises";
import {
  type BootstrapCall,
  Code,
  driverError,
  type NodeConfig,
  type NodeStatusInit,
  readTypedError,
} from "slipway/driver";
import { type EngineApi, withEngine } from "../../engine/src/api.js";
import { locateEngine } from "../../engine/src/engine.js";
import { type Container, findContainer } from "./container.js";
import { copyConfig, createNode } from "./create.js";
import { look } from "./inspect.js";
import { changedFields } from "./labels.js";
import { containerName } from "./names.js";
import { waitUntilReady } from "./ready.js";
import { removeFormer } from "./remove.js";
import { start } from "./start.js";

/** How often to start again, since others may create and remove the same container. */
const maxAttempts = 10;
/** How long to wait for a container that is being removed, in milliseconds. */
const removingMs = 200;

/** Starts a node. When several hosts boot it at once, one creates the container and the others wait for it. */
export async function bootstrap(config: NodeConfig, call: BootstrapCall): Promise<NodeStatusInit> {
  const address = await locateEngine(config.endpoint);
  return withEngine(address, call.signal, async (engine) => {
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      const container = await findContainer(engine, containerName(config));
      const isReady = container
        ? await resume(engine, config, container, call)
        : await createNode(engine, config, call);
      if (isReady) return look(engine, config);
    }
    throw driverError({
      code: Code.Aborted,
      reason: "NODE_BUSY",
      message: `Other hosts create and remove the container ${containerName(config)} at the same time.`,
      remedy: "Try again when they are done.",
    });
  });
}

/** Starts an existing container; false when it has to be created again. */
async function resume(
  engine: EngineApi,
  config: NodeConfig,
  container: Container,
  call: BootstrapCall,
): Promise<boolean> {
  const name = containerName(config);
  const { Status } = container.State;
  if (Status === "removing") {
    await sleep(removingMs, undefined, { signal: call.signal });
    return false;
  }
  const changed = changedFields(config, container.Config.Labels ?? {});
  if (Status === "dead" || changed.length > 0) {
    await removeFormer(engine, name, container, changed, call);
    return false;
  }
  // Its creator may have died before it copied the configuration.
  if (Status === "created") await copyConfig(engine, container.Id, config);
  if (Status === "created" || Status === "exited") await start(engine, name, call);
  if (Status === "paused") await (await engine.docker()).getContainer(container.Id).unpause();
  try {
    await waitUntilReady(engine, name, call);
    return true;
  } catch (error) {
    // Its creator removed it.
    if (readTypedError(error).reason === "CONTAINER_REMOVED") return false;
    throw error;
  }
}
