import { Code, type ConnectError } from "@connectrpc/connect";
import { driverDomain, encodeError, type TypedError } from "../errors/typed-error.js";

/** Makes the error that a driver throws: google.rpc.ErrorInfo of the drivers' domain, with BadRequest and Help. */
export function driverError(error: Omit<TypedError, "domain">): ConnectError {
  return encodeError({ ...error, domain: driverDomain });
}

/** INVALID_ARGUMENT about one field of a request. */
export function requestError(field: string, reason: string, message: string): ConnectError {
  return driverError({ code: Code.InvalidArgument, reason, message, fields: [{ field, message }] });
}
