import { create } from "@bufbuild/protobuf";
import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import { type Driver, DriverSchema } from "../../gen/slipway/v1/driver_pb.js";

/** A driver for ListDrivers. */
export function describeDriver({
  descriptor,
  plugin,
}: {
  descriptor: DriverDescriptor;
  plugin: string;
}): Driver {
  const { name, title, description, capabilities } = descriptor;
  const { endpoint, options, environmentVariables, priority, nativeBuild } = descriptor;
  return create(DriverSchema, {
    name,
    title,
    description,
    capabilities,
    endpoint,
    options,
    environmentVariables,
    priority,
    plugin,
    nativeBuild,
  });
}
