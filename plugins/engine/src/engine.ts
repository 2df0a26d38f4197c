import type { Environment } from "slipway/driver";
import { type EngineAddress, readAddress } from "./address.js";
import { parseEndpoint } from "./endpoint.js";
import { resolveEndpoint } from "./select-endpoint.js";

/** The address behind an endpoint; for an empty endpoint the one that the user's environment selects. */
export async function locateEngine(endpoint: string, environment: Environment = {}): Promise<EngineAddress> {
  return readAddress(await resolveEndpoint(endpoint, environment));
}

/** Whether an endpoint leads to the same engine each time. What a Docker context leads to can be changed at any time. */
export function leadsToOneEngine(endpoint: string): boolean {
  return parseEndpoint(endpoint).kind === "host";
}
