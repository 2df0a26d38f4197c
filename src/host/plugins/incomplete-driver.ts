import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import { DriverService } from "../../gen/slipway/driver/v1/driver_pb.js";
import { ImageStoreService } from "../../gen/slipway/driver/v1/image_store_pb.js";
import { NativeBuildService } from "../../gen/slipway/nativebuild/v1/native_build_pb.js";
import { capabilityIds, hasCapability } from "../../plugin-protocol/capabilities.js";
import { mapErrors } from "../../util/map-errors.js";
import { withPeriod } from "../../util/with-period.js";

/** Capabilities that cover one method; the others cover the rest of a service. */
const ofMethod: Record<string, string> = {
  ListImplicitBuilders: capabilityIds.implicitBuilders,
  Stop: capabilityIds.stopBuilders,
  Tunnel: capabilityIds.tunnel,
  FindLayers: capabilityIds.imageStoreLayers,
};

const ofService: Record<string, string | undefined> = {
  [ImageStoreService.typeName]: capabilityIds.imageStore,
  [NativeBuildService.typeName]: capabilityIds.nativeBuild,
};

/**
 * Wraps the calls of one driver and explains UNIMPLEMENTED: the method is required of every driver, or promised by a
 * capability that the driver advertises.
 */
export function explainIncomplete(transport: Transport, plugin: string, driver: DriverDescriptor): Transport {
  const explain = (cause: unknown, { name, parent }: Method, input?: unknown): unknown => {
    const error = ConnectError.from(cause);
    if (error.code !== Code.Unimplemented) return cause;
    const own = ofMethod[name] ?? ofService[parent.typeName];
    if (own && !hasCapability(driver, own)) return cause;
    const capability = own ?? ofConfig(driver, input);
    return typedError({
      code: Code.Unimplemented,
      reason: "DRIVER_INCOMPLETE",
      message: `The driver ${driver.name} ${whatFor(name, capability)}: ${withPeriod(error.rawMessage)}`,
      remedy: `Report it to the author of the plugin ${plugin}; the conformance kit lists what is missing.`,
      metadata: { plugin, driver: driver.name, method: name, ...(capability && { capability }) },
    });
  };
  return {
    unary: (method, signal, timeoutMs, header, input, values) =>
      transport.unary(method, signal, timeoutMs, header, input, values).catch((cause) => {
        throw explain(cause, method, input);
      }),
    async stream(method, signal, timeoutMs, header, input, values) {
      try {
        const response = await transport.stream(method, signal, timeoutMs, header, input, values);
        const message = mapErrors(response.message, (cause) => explain(cause, method));
        return { ...response, message };
      } catch (cause) {
        throw explain(cause, method);
      }
    },
  };
}

type Method = Pick<DescMethod, "name" | "parent">;

/** The optional parts of a node's configuration that are used, if the driver advertises them. */
function ofConfig(driver: DriverDescriptor, input: unknown): string | undefined {
  const { config } = (input ?? {}) as { config?: { daemonFiles?: object; daemonFlags?: unknown[] } };
  const used = [
    ...(Object.keys(config?.daemonFiles ?? {}).length > 0 ? [capabilityIds.daemonConfig] : []),
    ...(config?.daemonFlags?.length ? [capabilityIds.daemonFlags] : []),
  ];
  return used.find((id) => hasCapability(driver, id));
}

function whatFor(method: string, capability: string | undefined): string {
  if (method === DriverService.method.upgradeConfig.name)
    return `has a config_version above 1, but answers ${method} with UNIMPLEMENTED`;
  return capability
    ? `advertises the capability ${capability}, but answers ${method} with UNIMPLEMENTED`
    : `answers ${method} with UNIMPLEMENTED, although every driver must implement it`;
}
