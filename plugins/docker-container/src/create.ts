import {
  type BootstrapCall,
  Code,
  driverError,
  log,
  type NodeConfig,
  placeDaemonFiles,
} from "slipway/driver";
import { type EngineApi, withEngine } from "../../engine/src/api.js";
import { answerOf } from "../../engine/src/explain-answer.js";
import { archiveRoot, configArchive } from "./config-archive.js";
import { hasVolume, statusOf, unlessMissing } from "./container.js";
import { createRequest } from "./create-request.js";
import { ownerLabels } from "./labels.js";
import { configFolder, containerName, volumeName } from "./names.js";
import { ensureImage } from "./pull.js";
import { waitUntilReady } from "./ready.js";
import { start } from "./start.js";

/** How long removing what does not work may take, in milliseconds. */
const discardMs = 20_000;

/**
 * Makes a node's container, and waits until its BuildKit answers; false when another one of its name has come in
 * between. What was made is removed again when it does not work out.
 */
export async function createNode(
  engine: EngineApi,
  config: NodeConfig,
  call: BootstrapCall,
): Promise<boolean> {
  const name = containerName(config);
  const image = await ensureImage(engine, config.options.image!, call);
  const docker = await engine.docker();
  const made: Made = {};
  try {
    if (!(await hasVolume(engine, volumeName(config)))) {
      made.volume = volumeName(config);
      await docker.createVolume({ Name: made.volume, Labels: ownerLabels(config) });
    }
    made.container = await createContainer(engine, config, image, call);
    if (!made.container) return false;
    await copyConfig(engine, made.container, config);
    await start(engine, name, call);
    await waitUntilReady(engine, name, call);
    return true;
  } catch (error) {
    await discard(engine, made);
    throw error;
  }
}

/** Copies the files of the daemon's configuration to a container that has not been started yet. */
export async function copyConfig(engine: EngineApi, id: string, { daemonFiles }: NodeConfig): Promise<void> {
  if (Object.keys(daemonFiles).length === 0) return;
  const docker = await engine.docker();
  await docker
    .getContainer(id)
    .putArchive(await configArchive(placeDaemonFiles(daemonFiles, configFolder)), { path: archiveRoot });
}

/** Returns the container's id; undefined when there is one of its name. */
async function createContainer(
  engine: EngineApi,
  config: NodeConfig,
  image: string,
  { progress }: BootstrapCall,
): Promise<string | undefined> {
  const name = containerName(config);
  const step = { id: "create", name: `creating container ${name}` };
  progress(step);
  const docker = await engine.docker();
  try {
    const { id } = await docker.createContainer(await createRequest(engine, config, image));
    progress({ ...step, done: true });
    return id;
  } catch (error) {
    const status = statusOf(error);
    if (status === 409) {
      progress({ ...step, done: true, log: "somebody else is creating it\n" });
      return undefined;
    }
    if (status === undefined) throw error;
    const why = answerOf(error as Error);
    progress({ ...step, done: true, error: why });
    throw driverError({
      code: Code.FailedPrecondition,
      reason: "CONTAINER_REFUSED",
      message: `the Docker Engine does not create the container ${name}: ${why}`,
      remedy: "Correct the driver options.",
    });
  }
}

/** What came into being in a boot. */
interface Made {
  container?: string;
  volume?: string;
}

/** Removes what does not work. A call that was cancelled has no connection any more, so it gets one of its own. */
async function discard({ address }: EngineApi, { container, volume }: Made): Promise<void> {
  try {
    await withEngine(address, AbortSignal.timeout(discardMs), async (engine) => {
      const docker = await engine.docker();
      if (container) await unlessMissing(docker.getContainer(container).remove({ force: true, v: true }));
      // Another container of the same node may have it by now.
      if (volume && !(await isUsed(engine, volume))) await unlessMissing(docker.getVolume(volume).remove());
    });
  } catch (error) {
    log.warn("cannot remove what a failed boot made", { error, container, volume });
  }
}

async function isUsed(engine: EngineApi, volume: string): Promise<boolean> {
  const filters = encodeURIComponent(JSON.stringify({ volume: [volume] }));
  return (await engine.get<unknown[]>(`/containers/json?all=1&filters=${filters}`)).length > 0;
}
