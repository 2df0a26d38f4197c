import { invalidField } from "../../errors/typed-error.js";
import { EndpointUse } from "../../gen/slipway/common/v1/endpoint_pb.js";
import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import type { CreateBuilderRequest } from "../../gen/slipway/v1/builder_pb.js";
import { capabilityIds, hasCapability } from "../../plugin-protocol/capabilities.js";
import { type Environment, pickVariables } from "../access/user.js";
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
  for (const { descriptor } of drivers) {
    if (!hasCapability(descriptor, capabilityIds.createBuilders)) continue;
    const fits = endpoint
      ? accepts(descriptor, scheme)
      : descriptor.endpoint?.use !== EndpointUse.REQUIRED ||
        (await findsEndpoint(plugins, descriptor, environment));
    if (fits) return descriptor.name;
  }
  const message = endpoint ? `No driver accepts the endpoint ${endpoint}.` : "No driver can create builders.";
  throw invalidField("driver", "DRIVER_MISSING", message, "Name a driver; call ListDrivers to list them.");
}

function accepts({ endpoint }: DriverDescriptor, scheme: string | undefined): boolean {
  if (endpoint?.use === EndpointUse.FORBIDDEN) return false;
  return !endpoint?.schemes.length || (scheme !== undefined && endpoint.schemes.includes(scheme));
}

/** Whether a driver that requires an endpoint finds it in the user's environment. Only the driver knows in which variable. */
async function findsEndpoint(
  plugins: PluginManager,
  { name: driver, environmentVariables }: DriverDescriptor,
  environment: Environment,
): Promise<boolean> {
  const variables = pickVariables(environment, environmentVariables);
  if (Object.keys(variables).length === 0) return false;
  const plugin = await plugins.use(driver);
  try {
    const { diagnostics } = await plugin.driver.validate({ driver, config: {}, environment: variables });
    return !diagnostics.some(({ reason }) => reason === "ENDPOINT_REQUIRED");
  } finally {
    plugin.release();
  }
}
