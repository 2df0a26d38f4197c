import type { Environment } from "slipway/driver";
import { type EngineAddress, readAddress } from "./address.js";
import { resolveEndpoint } from "./select-endpoint.js";

/** The address of the Engine that an endpoint means; an empty one is what the user's environment selects. */
export async function locateEngine(endpoint: string, environment: Environment = {}): Promise<EngineAddress> {
  return readAddress(await resolveEndpoint(endpoint, environment));
}
