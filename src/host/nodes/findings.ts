import { Code } from "@connectrpc/connect";
import { encodeError } from "../../errors/typed-error.js";
import { type Diagnostic, Severity } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import { withPeriod } from "../../util/with-period.js";

/** Whether a finding is an error. */
export function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === Severity.ERROR || diagnostic.severity === Severity.UNSPECIFIED;
}

/**
 * INVALID_ARGUMENT with all errors that a driver found.
 * @param under path of the checked message in the request; it is the field of findings that name none
 */
export function refused(errors: Diagnostic[], under: string) {
  return encodeError({
    code: Code.InvalidArgument,
    reason: errors[0]!.reason,
    message: errors.map((error) => withPeriod(error.message)).join(" "),
    remedy: errors.find((error) => error.remedy)?.remedy,
    helpUrl: errors.find((error) => error.helpUrl)?.helpUrl,
    fields: errors.map(({ field, reason, message }) => ({
      field: field ? `${under}.${field}` : under,
      reason,
      message,
    })),
  });
}
