import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";

/** Whether a driver advertises a capability. */
export function hasCapability(descriptor: DriverDescriptor, id: string): boolean {
  return descriptor.capabilities.some((capability) => capability.id === id);
}
