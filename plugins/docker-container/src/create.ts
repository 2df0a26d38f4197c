import {
  type BootstrapCall,
  Code,
  driverError,
  log,
  type NodeConfig,
  placeDaemonFiles,
  withPeriod,
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

/** How long the clean-up after a failed boot may take, in milliseconds. */
const discardMs = 20_000;

/**
 * Creates a node's container and waits until its BuildKit answers; false when another process created the container
 * meanwhile. On failure everything that was created is removed.
 */
export async function createNode(
  engine: EngineApi,
  config: NodeConfig,
  call: BootstrapCall,
): Promise<boolean> {
  const name = containerName(config);
  const image = await ensureImage(engine, config.options.image!, call);
  const docker = await engine.docker();
  const created: Created = {};
  try {
    if (!(await hasVolume(engine, volumeName(config)))) {
      created.volume = volumeName(config);
      await docker.createVolume({ Name: created.volume, Labels: ownerLabels(config) });
    }
    created.container = await createContainer(engine, config, image, call);
    if (!created.container) return false;
    await copyConfig(engine, created.container, config);
    await start(engine, name, call);
    await waitUntilReady(engine, name, call);
    return true;
  } catch (error) {
    await discard(engine, created);
    throw error;
  }
}

/** Copies the files of the daemon's configuration into a container that was not started yet. */
export async function copyConfig(engine: EngineApi, id: string, { daemonFiles }: NodeConfig): Promise<void> {
  if (Object.keys(daemonFiles).length === 0) return;
  const docker = await engine.docker();
  await docker
    .getContainer(id)
    .putArchive(await configArchive(placeDaemonFiles(daemonFiles, configFolder)), { path: archiveRoot });
}

/** Returns the container's id; undefined when a container with its name exists. */
async function createContainer(
  engine: EngineApi,
  config: NodeConfig,
  image: string,
  { progress }: BootstrapCall,
): Promise<string | undefined> {
  const name = containerName(config);
  const step = { id: "create", name: `Creating container ${name}` };
  progress(step);
  const docker = await engine.docker();
  try {
    const { id } = await docker.createContainer(await createRequest(engine, config, image));
    progress({ ...step, done: true });
    return id;
  } catch (error) {
    const status = statusOf(error);
    if (status === 409) {
      progress({ ...step, done: true, log: "Another process is creating it.\n" });
      return undefined;
    }
    if (status === undefined) throw error;
    const why = answerOf(error as Error);
    progress({ ...step, done: true, error: why });
    throw driverError({
      code: Code.FailedPrecondition,
      reason: "CONTAINER_REFUSED",
      message: withPeriod(`The Docker Engine does not create the container ${name}: ${why}`),
      remedy: "Correct the driver options.",
    });
  }
}

/** What a boot created. */
interface Created {
  container?: string;
  volume?: string;
}

/** Removes what a failed boot created. It opens a new connection, since that of a cancelled call is closed. */
async function discard({ address }: EngineApi, { container, volume }: Created): Promise<void> {
  try {
    await withEngine(address, AbortSignal.timeout(discardMs), async (engine) => {
      const docker = await engine.docker();
      if (container) await unlessMissing(docker.getContainer(container).remove({ force: true, v: true }));
      // Another container of the same node may use it by now.
      if (volume && !(await isUsed(engine, volume))) await unlessMissing(docker.getVolume(volume).remove());
    });
  } catch (error) {
    log.warn("Cannot remove what a failed boot created", { error, container, volume });
  }
}

async function isUsed(engine: EngineApi, volume: string): Promise<boolean> {
  const filters = encodeURIComponent(JSON.stringify({ volume: [volume] }));
  return (await engine.get<unknown[]>(`/containers/json?all=1&filters=${filters}`)).length > 0;
}
