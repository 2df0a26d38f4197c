import { Code } from "@connectrpc/connect";
import { encodeError } from "../../errors/typed-error.js";
import { type Diagnostic, Severity } from "../../gen/slipway/driver/v1/diagnostic_pb.js";

/** Whether a finding refuses what was checked. */
export function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === Severity.ERROR || diagnostic.severity === Severity.UNSPECIFIED;
}

/**
 * INVALID_ARGUMENT with all findings of a driver.
 * @param under path in the request of what was checked; findings about the whole of it have no field of their own
 */
export function refused(errors: Diagnostic[], under: string) {
  return encodeError({
    code: Code.InvalidArgument,
    reason: errors[0]!.reason,
    message: errors.map((error) => error.message).join("; "),
    remedy: errors.find((error) => error.remedy)?.remedy,
    helpUrl: errors.find((error) => error.helpUrl)?.helpUrl,
    fields: errors.map(({ field, reason, message }) => ({
      field: field ? `${under}.${field}` : under,
      reason,
      message,
    })),
  });
}
