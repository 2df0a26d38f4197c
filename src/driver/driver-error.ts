import type { ConnectError } from "@connectrpc/connect";
import { driverDomain, encodeError, type TypedError } from "../errors/typed-error.js";

/** Makes the error that a driver throws: google.rpc.ErrorInfo of the drivers' domain, with BadRequest and Help. */
export function driverError(error: Omit<TypedError, "domain">): ConnectError {
  return encodeError({ ...error, domain: driverDomain });
}
