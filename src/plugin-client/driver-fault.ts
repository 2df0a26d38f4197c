import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../errors/typed-error.js";

/** INTERNAL, reason DRIVER_FAULT: a plugin violates the protocol. */
export function driverFault(driver: string, what: string): ConnectError {
  return typedError({
    code: Code.Internal,
    reason: "DRIVER_FAULT",
    message: `The ${driver} driver ${what}.`,
    remedy: "Report it to the driver's author.",
    metadata: { driver },
  });
}
