import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../../../errors/typed-error.js";

/** INTERNAL, reason DRIVER_FAULT: a plugin does not keep what the protocol asks of its builds. */
export function driverFault(driver: string, what: string): ConnectError {
  return typedError({
    code: Code.Internal,
    reason: "DRIVER_FAULT",
    message: `the driver ${driver} ${what}`,
    remedy: "tell the driver's author",
    metadata: { driver },
  });
}
