import type { ConnectError } from "@connectrpc/connect";
import { driverDomain, type TypedError, typedError } from "../errors/typed-error.js";

/** Makes the error that a driver throws: google.rpc.ErrorInfo of the drivers' domain, with BadRequest and Help. */
export function driverError(error: Omit<TypedError, "domain">): ConnectError {
  return typedError({ ...error, domain: driverDomain });
}
