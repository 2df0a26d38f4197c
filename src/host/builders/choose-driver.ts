import { invalidField } from "../../errors/typed-error.js";
import { EndpointUse } from "../../gen/slipway/common/v1/endpoint_pb.js";
import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import type { CreateBuilderRequest } from "../../gen/slipway/v1/builder_pb.js";
import { capabilityIds, hasCapability } from "../../plugin-protocol/capabilities.js";
import type { Environment } from "../access/user.js";
import type { PluginManager } from "../plugins/plugin-manager.js";

/** The driver of a new builder: the named one, otherwise the first by priority that accepts the endpoint. */
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
        accepts(descriptor, scheme, endpoint, environment),
    );
  if (fitting[0]) return fitting[0].name;
  const message = endpoint ? `No driver accepts the endpoint ${endpoint}.` : "No driver can create builders.";
  throw invalidField("driver", "DRIVER_MISSING", message, "Name a driver; call ListDrivers to list them.");
}

function accepts(
  { endpoint, environmentVariables }: DriverDescriptor,
  scheme: string | undefined,
  text: string,
  environment: Environment,
): boolean {
  // A driver that requires an endpoint may find it in one of its variables.
  if (!text && endpoint?.use === EndpointUse.REQUIRED)
    return environmentVariables.some((name) => environment[name]);
  if (!text) return true;
  if (endpoint?.use === EndpointUse.FORBIDDEN) return false;
  return !endpoint?.schemes.length || (scheme !== undefined && endpoint.schemes.includes(scheme));
}
