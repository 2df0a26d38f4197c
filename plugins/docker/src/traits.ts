import { Code, driverError } from "slipway/driver";
import type { EngineApi } from "../../engine/src/api.js";
import { compareApi } from "../../engine/src/api-version.js";
import type { EngineTraits } from "./features.js";

/** The API of Docker Engine 26.0, the first whose BuildKit (0.13) accepts several outputs. */
const multipleOutputsApi = "1.45";
/** The API of Docker Engine 23.0, with BuildKit 0.10. Engine 20.10, the line before, has BuildKit 0.8. */
const currentBuildkitApi = "1.42";

/** Reads the traits of a running Engine. */
export async function readTraits({ get, version }: EngineApi): Promise<EngineTraits> {
  const { DriverStatus } = await get<{ DriverStatus?: [string, string][] }>("/info");
  const status = new Map(DriverStatus ?? []);
  return {
    containerdStore: status.get("driver-type") === "io.containerd.snapshotter.v1",
    multipleOutputs: compareApi(version.ApiVersion, multipleOutputsApi) >= 0,
    outdatedBuildkit: compareApi(version.ApiVersion, currentBuildkitApi) < 0,
  };
}

/** Throws FAILED_PRECONDITION for Engines with Windows containers, which have no BuildKit. */
export function requireLinux({ address, version }: EngineApi): void {
  if (version.Os !== "windows") return;
  throw driverError({
    code: Code.FailedPrecondition,
    reason: "ENGINE_WINDOWS_CONTAINERS",
    message: `The Docker Engine at ${address.endpoint} runs Windows containers, for which it has no BuildKit.`,
    remedy: "Switch it to Linux containers, or use another Engine.",
  });
}
