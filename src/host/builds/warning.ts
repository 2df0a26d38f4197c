import { create } from "@bufbuild/protobuf";
import type { Reason } from "../../errors/reasons.js";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../gen/slipway/common/v1/diagnostic_pb.js";

/** A warning about a field of the specification. */
export function warning(field: string, reason: Reason, message: string, remedy?: string): Diagnostic {
  return create(DiagnosticSchema, { severity: Severity.WARNING, field, reason, message, remedy });
}
