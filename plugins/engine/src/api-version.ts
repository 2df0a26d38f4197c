import { Code, driverError } from "slipway/driver";
import type { EngineAddress } from "./address.js";

/** The oldest API with `POST /grpc`: Docker Engine 18.09. */
const oldestApi = "1.39";
/** The newest API that this code was tested with. */
export const newestApi = "1.56";

/** Compares API versions such as "1.41": negative when `a` is older. */
export function compareApi(a: string, b: string): number {
  return Number(a.split(".")[1]) - Number(b.split(".")[1]);
}

/** The API versions of an Engine. */
interface ApiRange {
  Version: string;
  ApiVersion: string;
  MinAPIVersion?: string;
}

/** The API version to use: the one that the user selected, or the newest that both sides support. */
export function negotiateApi(
  { endpoint, apiVersion }: Pick<EngineAddress, "endpoint" | "apiVersion">,
  { Version, ApiVersion, MinAPIVersion = oldestApi }: ApiRange,
): string {
  const engine = `The Docker Engine ${Version} at ${endpoint}`;
  if (compareApi(ApiVersion, oldestApi) < 0)
    throw driverError({
      code: Code.FailedPrecondition,
      reason: "ENGINE_TOO_OLD",
      message: `${engine} has API ${ApiVersion}; at least ${oldestApi} is required.`,
      remedy: "Upgrade to Docker Engine 18.09 or newer.",
    });
  const wanted = apiVersion ?? (compareApi(ApiVersion, newestApi) < 0 ? ApiVersion : newestApi);
  if (compareApi(wanted, ApiVersion) > 0 || compareApi(wanted, MinAPIVersion) < 0)
    throw driverError({
      code: Code.FailedPrecondition,
      reason: "ENGINE_API_VERSION",
      message: `${engine} speaks API ${MinAPIVersion} to ${ApiVersion}, not ${wanted}.`,
      remedy: apiVersion
        ? "Unset DOCKER_API_VERSION, or set it to a version that the Engine speaks."
        : "Update Slipway's docker driver.",
    });
  return wanted;
}
