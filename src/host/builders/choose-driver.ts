import { invalidField } from "../../errors/typed-error.js";
import { type DriverDescriptor, EndpointUse } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import type { CreateBuilderRequest } from "../../gen/slipway/v1/builder_pb.js";
import { capabilityIds, hasCapability } from "../../plugin-protocol/capabilities.js";
import type { Environment } from "../access/user.js";
import type { PluginManager } from "../plugins/plugin-manager.js";

/** The driver of a new builder: the one that is named, else the first by priority that takes the endpoint. */
export async function chooseDriver(
  plugins: PluginManager,
  { driver, node, environment }: CreateBuilderRequest,
): Promise<string> {
  if (driver) return driver;
  const endpoint = node?.endpoint ?? "";
  const drivers = await plugins.describe();
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//.exec(endpoint)?.[1];
  const fitting = drivers
    .map(({ descriptor }) => descriptor)
    .filter(
      (descriptor) =>
        hasCapability(descriptor, capabilityIds.createBuilders) &&
        takes(descriptor, scheme, endpoint, environment),
    );
  if (fitting[0]) return fitting[0].name;
  const message = endpoint ? `no driver takes the endpoint ${endpoint}` : "no driver can create builders";
  throw invalidField("driver", "DRIVER_MISSING", message, "see `slipway drivers`, and name one");
}

function takes(
  { endpoint, environmentVariables }: DriverDescriptor,
  scheme: string | undefined,
  text: string,
  environment: Environment,
): boolean {
  // What must have an endpoint may find it in a variable that it asks for.
  if (!text && endpoint?.use === EndpointUse.REQUIRED)
    return environmentVariables.some((name) => environment[name]);
  if (!text) return true;
  if (endpoint?.use === EndpointUse.FORBIDDEN) return false;
  return !endpoint?.schemes.length || (scheme !== undefined && endpoint.schemes.includes(scheme));
}
