import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { CapabilitySchema } from "../gen/slipway/common/v1/capability_pb.js";
import { type DriverDescriptor, DriverDescriptorSchema } from "../gen/slipway/driver/v1/descriptor_pb.js";
import { capabilityIds, hasCapability } from "../plugin-protocol/capabilities.js";
import { configVersionOf } from "../plugin-protocol/config-version.js";
import { isDriverName } from "../plugin-protocol/names.js";
import type { AnyDriver } from "./driver.js";
import { driverError } from "./driver-error.js";

/** The descriptor for the host: the driver's own, plus the capabilities that the SDK implements for every driver. */
export function completeDescriptor(init: MessageInitShape<typeof DriverDescriptorSchema>): DriverDescriptor {
  const descriptor = create(DriverDescriptorSchema, init);
  if (hasCapability(descriptor, capabilityIds.tunnel) || hasCapability(descriptor, capabilityIds.nativeBuild))
    return descriptor;
  const capabilities = [...descriptor.capabilities, create(CapabilitySchema, { id: capabilityIds.tunnel })];
  return { ...descriptor, capabilities };
}

/** Throws UNIMPLEMENTED unless the driver advertises a capability. */
export function requireImplemented(descriptor: DriverDescriptor, id: string, call: string): void {
  if (hasCapability(descriptor, id)) return;
  throw driverError({
    code: Code.Unimplemented,
    reason: "CAPABILITY_MISSING",
    message: `The driver ${descriptor.name} does not implement ${call}: it lacks the capability ${id}.`,
    metadata: { capability: id },
  });
}

/** Throws UNIMPLEMENTED unless one of a plugin's drivers advertises a capability. */
export function requireAnyImplemented(descriptors: DriverDescriptor[], id: string, call: string): void {
  const able = descriptors.find((descriptor) => hasCapability(descriptor, id)) ?? descriptors[0];
  if (able) requireImplemented(able, id, call);
}

/** Throws when capabilities and methods of a driver do not match, so that a plugin fails at its start, not in a call. */
export function checkDrivers(drivers: AnyDriver[]): void {
  const names = new Set<string>();
  for (const driver of drivers) {
    const { name } = driver.descriptor;
    if (!isDriverName(name)) {
      throw new Error(`"${name}" is not a driver name. Use lower case letters, digits and dashes.`);
    }
    if (names.has(name)) throw new Error(`Two drivers have the name ${name}.`);
    names.add(name);
    const descriptor = completeDescriptor(driver.descriptor);
    if (
      hasCapability(descriptor, capabilityIds.imageStoreLayers) !==
      (driver.imageStore?.findLayers !== undefined)
    ) {
      throw new Error(
        `The driver ${name} must have both or neither of the capability "image-store.layers" and "findLayers".`,
      );
    }
    if (hasCapability(descriptor, capabilityIds.nativeBuild) !== (descriptor.nativeBuild !== undefined))
      throw new Error(
        `The driver ${name} must have both or neither of the capability "build.native" and "nativeBuild" in its descriptor.`,
      );
    if (configVersionOf(descriptor) > 1 !== (driver.upgradeConfig !== undefined))
      throw new Error(
        `The driver ${name} must have both or neither of a configVersion above 1 and "upgradeConfig".`,
      );
    if ((driver.acquire === undefined) !== (driver.nativeBuilder !== undefined))
      throw new Error(`The driver ${name} must have either "acquire" or "nativeBuilder".`);
    for (const [id, method] of Object.entries(methods)) {
      if (hasCapability(descriptor, id) === (driver[method] !== undefined)) continue;
      throw new Error(
        `The driver ${name} must have both or neither of the capability "${id}" and "${method}".`,
      );
    }
  }
}

const methods = {
  [capabilityIds.implicitBuilders]: "implicitBuilders",
  [capabilityIds.stopBuilders]: "stop",
  [capabilityIds.imageStore]: "imageStore",
  [capabilityIds.nativeBuild]: "nativeBuilder",
} as const satisfies Record<string, keyof AnyDriver>;
