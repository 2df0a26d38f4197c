import { Code, ConnectError } from "@connectrpc/connect";
import type { TypedError } from "./error-content.js";
import { decodeDetails, encodeDetails } from "./error-details.js";
import { fits, shortened } from "./error-size.js";
import type { Reason } from "./reasons.js";

export type { FieldViolation, TypedError } from "./error-content.js";

/** The error domain of the host. */
const hostDomain = "slipway.dev";
/** The error domain of drivers. */
export const driverDomain = "driver.slipway.dev";

/** Makes an error that this repository raises itself: its reason is one of reasons.ts. */
export function typedError(error: TypedError<Reason>): ConnectError {
  return encodeError(error);
}

/**
 * Makes an error with any reason: one of a driver, or one that was read from elsewhere. What does not fit into the
 * trailers that clients accept is shortened.
 */
export function encodeError(error: TypedError): ConnectError {
  const complete = { ...error, domain: error.domain ?? hostDomain };
  const encoded = toConnectError(complete);
  return fits(encoded) ? encoded : toConnectError(shortened(complete, (part) => fits(toConnectError(part))));
}

/** The same error, without what does not fit into the trailers that clients accept. */
export function limitError(error: ConnectError): ConnectError {
  return fits(error) ? error : encodeError(readTypedError(error));
}

function toConnectError(error: TypedError): ConnectError {
  return new ConnectError(error.message, error.code, undefined, encodeDetails(error));
}

/** INVALID_ARGUMENT about one field. */
export function invalidField(field: string, reason: Reason, message: string, remedy?: string): ConnectError {
  return typedError({
    code: Code.InvalidArgument,
    reason,
    message,
    remedy,
    fields: [{ field, message, reason, remedy }],
  });
}

/** Reads any error as a typed one; an untyped one gets its code's name as reason and keeps its message. */
export function readTypedError(cause: unknown): TypedError {
  const error = ConnectError.from(cause);
  const { reason, ...details } = decodeDetails(error);
  return { code: error.code, message: error.rawMessage, reason: reason ?? codeName(error.code), ...details };
}

/** The same error with other names of its fields. An error that names none stays as it is. */
export function renameFields(cause: unknown, rename: (field: string) => string): unknown {
  const error = readTypedError(cause);
  if (!error.fields?.length) return cause;
  const fields = error.fields.map((violation) => ({ ...violation, field: rename(violation.field) }));
  return encodeError({ ...error, fields });
}

/** Formats a code as gRPC does: "NOT_FOUND". */
export function codeName(code: Code): string {
  return (Code[code] ?? "Unknown").replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}
