import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { readTypedError } from "../errors/typed-error.js";
import { type Diagnostic, DiagnosticSchema, Severity } from "../gen/slipway/driver/v1/diagnostic_pb.js";

/** What is wrong with one setting; an error unless it has another severity. */
export type Finding = Omit<MessageInitShape<typeof DiagnosticSchema>, "$typeName">;

/** Makes the diagnostic of a finding. */
export function finding(init: Finding): Diagnostic {
  return create(DiagnosticSchema, { severity: Severity.ERROR, ...init });
}

/** Makes a diagnostic of an error: its reason, message and remedy, and what else is given. */
export function findingOf(error: unknown, init: Finding = {}): Diagnostic {
  const { reason, message, remedy } = readTypedError(error);
  return finding({ reason, message, remedy, ...init });
}
