import type { NodeConfig } from "slipway/driver";
import type { EngineApi } from "../../engine/src/api.js";
import { ownerLabels } from "./labels.js";

/** The device request of `docker run --gpus all`. */
export const allGpus = { Driver: "", Count: -1, DeviceIDs: [], Capabilities: [["gpu"]], Options: {} };

/**
 * Whether an Engine can give GPUs to a container. The Engine API cannot report this, so this starts a container that
 * requests them; its program does nothing.
 */
export async function hasGpus(engine: EngineApi, config: NodeConfig, image: string): Promise<boolean> {
  const docker = await engine.docker();
  const probe = await docker
    .createContainer({
      Image: image,
      Entrypoint: ["buildctl", "--version"],
      Labels: ownerLabels(config),
      HostConfig: { NetworkMode: "none", DeviceRequests: [allGpus] },
    })
    .catch(() => undefined);
  try {
    return await (probe?.start().then(
      () => true,
      () => false,
    ) ?? false);
  } finally {
    await probe?.remove({ force: true, v: true });
  }
}
