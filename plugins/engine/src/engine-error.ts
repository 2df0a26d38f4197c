import { Code, driverError } from "slipway/driver";

/** INVALID_ARGUMENT about an endpoint, or about the environment variables that select it. */
export function endpointError(reason: string, message: string, remedy?: string): Error {
  return driverError({
    code: Code.InvalidArgument,
    reason,
    message,
    remedy,
    fields: [{ field: "endpoint", message, reason }],
  });
}
