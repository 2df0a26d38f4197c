import { create } from "@bufbuild/protobuf";
import { readTypedError } from "../../errors/typed-error.js";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../gen/slipway/common/v1/diagnostic_pb.js";

/** An error as what is wrong with a builder or a node. */
export function faultOf(cause: unknown): Diagnostic {
  const { reason, message, remedy } = readTypedError(cause);
  return create(DiagnosticSchema, { severity: Severity.ERROR, reason, message, remedy });
}
