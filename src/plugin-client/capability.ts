import { Code } from "@connectrpc/connect";
import { typedError } from "../errors/typed-error.js";
import type { DriverDescriptor } from "../gen/slipway/driver/v1/descriptor_pb.js";

/** Of drivers that build by themselves, through NativeBuildService; they have no BuildKit that could be dialled. */
export const nativeBuild = "build.native";

/** Whether a driver advertises a capability. */
export function hasCapability(descriptor: DriverDescriptor, id: string): boolean {
  return descriptor.capabilities.some((capability) => capability.id === id);
}

/** Throws FAILED_PRECONDITION, reason UNSUPPORTED, when a driver does not advertise what is needed of it. */
export function requireCapability(
  descriptor: DriverDescriptor,
  id: string,
  { message, remedy }: { message: string; remedy?: string },
): void {
  if (hasCapability(descriptor, id)) return;
  throw typedError({
    code: Code.FailedPrecondition,
    reason: "UNSUPPORTED",
    message: `${message}: the driver ${descriptor.name} lacks the capability ${id}`,
    remedy,
    metadata: { driver: descriptor.name, capability: id },
  });
}
