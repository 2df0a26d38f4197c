import { setTimeout as sleep } from "node:timers/promises";
import { type BootstrapCall, type Call, Code, driverError, log, type NodeConfig } from "slipway/driver";
import { type Docker, type EngineApi, withEngine } from "../../engine/src/api.js";
import { locateEngine } from "../../engine/src/engine.js";
import { type Container, findContainer, hasVolume, unlessMissing } from "./container.js";
import { containerName, volumeName } from "./names.js";

/** How long connections that are ending may take, in milliseconds. */
const usedMs = 5_000;
const pauseMs = 100;

/** How a node is removed; see slipway.driver.v1.RemoveRequest. */
export interface RemoveCall extends Call {
  force: boolean;
  keepState: boolean;
  keepDaemon: boolean;
}

/** Removes a node's container and, unless it is kept, the volume with the cache; returns their names. */
export async function remove(
  config: NodeConfig,
  { force, keepState, keepDaemon, signal }: RemoveCall,
): Promise<string[]> {
  if (keepDaemon) return [];
  const address = await locateEngine(config.endpoint);
  return withEngine(address, signal, async (engine) => {
    const docker = await engine.docker();
    const removed: string[] = [];
    const container = await findContainer(engine, containerName(config));
    if (container) {
      if (keepState && !force) await stopGently(docker, container.Id);
      await unlessMissing(docker.getContainer(container.Id).remove({ force: true, v: true }));
      removed.push(containerName(config));
    }
    const volume = volumeName(config);
    if (!keepState && (await hasVolume(engine, volume))) {
      await unlessMissing(docker.getVolume(volume).remove());
      removed.push(volume);
    }
    return removed;
  });
}

/** Removes a container that has another configuration, and keeps its cache, unless somebody builds with it. */
export async function removeFormer(
  engine: EngineApi,
  name: string,
  container: Container,
  changed: string[],
  { progress, signal }: BootstrapCall,
): Promise<void> {
  const step = {
    id: "former",
    name: `removing container ${name} for changed settings: ${changed.join(", ")}`,
  };
  progress(step);
  const until = Date.now() + usedMs;
  while (await isUsed(engine, container.Id)) {
    if (Date.now() > until) throw used(name, changed);
    await sleep(pauseMs, undefined, { signal });
  }
  const docker = await engine.docker();
  await stopGently(docker, container.Id);
  await unlessMissing(docker.getContainer(container.Id).remove({ force: true, v: true }));
  progress({ ...step, done: true });
}

/** Lets a BuildKit close its cache, which is used again. One that cannot be stopped is killed when it is removed. */
async function stopGently(docker: Docker, id: string): Promise<void> {
  await docker
    .getContainer(id)
    .stop()
    .catch((error) => log.debug("a container is removed that does not stop", { id, error }));
}

/** Whoever builds is connected through a program that runs in the container. */
async function isUsed(engine: EngineApi, id: string): Promise<boolean> {
  const container = await findContainer(engine, id);
  return container?.State.Status === "running" && (container.ExecIDs ?? []).length > 0;
}

function used(name: string, changed: string[]): Error {
  return driverError({
    code: Code.FailedPrecondition,
    reason: "CONFIG_CHANGED",
    message: `the container ${name} has other settings (${changed.join(", ")}) and is in use, so it is not replaced`,
    remedy: "Wait until nobody builds with it, or stop it with `slipway stop`.",
  });
}
