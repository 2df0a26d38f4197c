import { Code, driverError } from "slipway/driver";
import type { EngineApi } from "../../engine/src/api.js";
import { compareApi } from "../../engine/src/api-version.js";
import type { EngineTraits } from "./features.js";

/** The API of Docker Engine 26.0, the first whose BuildKit (0.13) takes several outputs. */
const multipleOutputsApi = "1.45";

/** Looks at what a live Engine can do. */
export async function readTraits({ get, version }: EngineApi): Promise<EngineTraits> {
  const { DriverStatus } = await get<{ DriverStatus?: [string, string][] }>("/info");
  const status = new Map(DriverStatus ?? []);
  return {
    containerdStore: status.get("driver-type") === "io.containerd.snapshotter.v1",
    multipleOutputs: compareApi(version.ApiVersion, multipleOutputsApi) >= 0,
  };
}

/** FAILED_PRECONDITION for Engines that run Windows containers, which have no BuildKit to dial. */
export function requireLinux({ address, version }: EngineApi): void {
  if (version.Os !== "windows") return;
  throw driverError({
    code: Code.FailedPrecondition,
    reason: "ENGINE_WINDOWS_CONTAINERS",
    message: `the Docker Engine at ${address.endpoint} runs Windows containers, for which it has no BuildKit`,
    remedy: "Switch it to Linux containers, or use another Engine.",
  });
}
