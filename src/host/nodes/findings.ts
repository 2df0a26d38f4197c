import { Code } from "@connectrpc/connect";
import { encodeError } from "../../errors/typed-error.js";
import { type Diagnostic, Severity } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import { withPeriod } from "../../util/with-period.js";

/** Whether a finding is an error. */
export function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === Severity.ERROR || diagnostic.severity === Severity.UNSPECIFIED;
}

/**
 * INVALID_ARGUMENT with all errors that a driver found, and with its other findings as warnings.
 * @param under path of the checked message in the request; it is the field of findings that name none
 */
export function refused(findings: Diagnostic[], under: string) {
  const below = (field: string) => (field ? `${under}.${field}` : under);
  const errors = findings.filter(isError);
  const warnings = findings.filter((finding) => !isError(finding));
  return encodeError({
    code: Code.InvalidArgument,
    reason: errors[0]!.reason,
    message: errors.map((error) => withPeriod(error.message)).join(" "),
    remedy: errors.find((error) => error.remedy)?.remedy,
    helpUrl: errors.find((error) => error.helpUrl)?.helpUrl,
    fields: errors.map(({ field, reason, message, remedy, helpUrl }) => ({
      field: below(field),
      reason,
      message,
      remedy,
      helpUrl,
    })),
    warnings: warnings.map((warning) => ({ ...warning, field: below(warning.field) })),
  });
}
