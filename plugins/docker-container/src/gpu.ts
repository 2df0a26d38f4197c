import type { NodeConfig } from "slipway/driver";
import type { EngineApi } from "../../engine/src/api.js";
import { ownerLabels } from "./labels.js";

/** What `docker run --gpus all` asks for. */
export const allGpus = { Driver: "", Count: -1, DeviceIDs: [], Capabilities: [["gpu"]], Options: {} };

/**
 * Whether an Engine can give GPUs to a container. There is no question for that in its API, so a container that asks
 * for them is started; the program in it does nothing.
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
