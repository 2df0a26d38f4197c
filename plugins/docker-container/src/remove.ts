import { setTimeout as sleep } from "node:timers/promises";
import type Dockerode from "dockerode";
import {
  type BootstrapCall,
  type Call,
  Code,
  driverError,
  log,
  type NodeConfig,
  type RemovalInit,
} from "slipway/driver";
import { type EngineApi, withEngine } from "../../engine/src/api.js";
import { locateEngine } from "../../engine/src/engine.js";
import { type Container, findContainer, hasVolume, unlessMissing } from "./container.js";
import { containerName, volumeName } from "./names.js";

/** How long open connections may take to close, in milliseconds. */
const closeMs = 5_000;
const pauseMs = 100;

/** Options of a removal; see slipway.driver.v1.RemoveRequest. */
export interface RemoveCall extends Call {
  force: boolean;
  keepState: boolean;
  keepDaemon: boolean;
}

/** Removes a node's container and, unless `keepState` is set, the volume with its cache; returns the names of both. */
export async function remove(
  config: NodeConfig,
  { force, keepState, keepDaemon, signal }: RemoveCall,
): Promise<RemovalInit> {
  if (keepDaemon) return { kept: [containerName(config)] };
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
    if (!(await hasVolume(engine, volume))) return { removed };
    if (keepState) return { removed, kept: [volume] };
    await unlessMissing(docker.getVolume(volume).remove());
    return { removed: [...removed, volume] };
  });
}

/** Removes a container with an older configuration and keeps its cache. Throws CONFIG_CHANGED while it is in use. */
export async function removeFormer(
  engine: EngineApi,
  name: string,
  container: Container,
  changed: string[],
  { progress, signal }: BootstrapCall,
): Promise<void> {
  const step = {
    id: "former",
    name: `Removing container ${name} for changed settings: ${changed.join(", ")}`,
  };
  progress(step);
  const until = performance.now() + closeMs;
  while (await isUsed(engine, container.Id)) {
    if (performance.now() > until) throw inUse(name, changed);
    await sleep(pauseMs, undefined, { signal });
  }
  const docker = await engine.docker();
  await stopGently(docker, container.Id);
  await unlessMissing(docker.getContainer(container.Id).remove({ force: true, v: true }));
  progress({ ...step, done: true });
}

/** Stops BuildKit so that it closes its cache. If it cannot be stopped, the removal kills it. */
async function stopGently(docker: Dockerode, id: string): Promise<void> {
  await docker
    .getContainer(id)
    .stop()
    .catch((error) => log.debug("Removing a container that does not stop", { id, error }));
}

/** Every connection to BuildKit is a program that runs in the container. */
async function isUsed(engine: EngineApi, id: string): Promise<boolean> {
  const container = await findContainer(engine, id);
  return container?.State.Status === "running" && (container.ExecIDs ?? []).length > 0;
}

function inUse(name: string, changed: string[]): Error {
  return driverError({
    code: Code.FailedPrecondition,
    reason: "CONFIG_CHANGED",
    message: `The container ${name} has other settings (${changed.join(", ")}) and is in use, so it is not replaced.`,
    remedy: "Wait until no build uses it, or stop the builder.",
  });
}
