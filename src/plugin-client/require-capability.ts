import { Code } from "@connectrpc/connect";
import { typedError } from "../errors/typed-error.js";
import type { DriverDescriptor } from "../gen/slipway/driver/v1/descriptor_pb.js";
import { hasCapability } from "../plugin-protocol/capabilities.js";

/**
 * Throws FAILED_PRECONDITION, reason CAPABILITY_UNSUPPORTED, unless a driver advertises a capability.
 * @param message what cannot be done; a clause without a period
 */
export function requireCapability(
  descriptor: DriverDescriptor,
  id: string,
  { message, remedy }: { message: string; remedy?: string },
): void {
  if (hasCapability(descriptor, id)) return;
  throw typedError({
    code: Code.FailedPrecondition,
    reason: "CAPABILITY_UNSUPPORTED",
    message: `${message}: the driver ${descriptor.name} lacks the capability ${id}.`,
    remedy,
    metadata: { driver: descriptor.name, capability: id },
  });
}
