import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { readTypedError } from "../errors/typed-error.js";
import { type Diagnostic, DiagnosticSchema, Severity } from "../gen/slipway/common/v1/diagnostic_pb.js";

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

/** Texts of a driver for findings of the SDK, by reason. */
export type FindingTexts = Readonly<Record<string, Pick<Diagnostic, "message" | "remedy">>>;

/** Replaces the message and the remedy of each finding for which the driver has texts. */
export function withTexts(found: readonly Diagnostic[], texts: FindingTexts): Diagnostic[] {
  return found.map((diagnostic) => ({ ...diagnostic, ...texts[diagnostic.reason] }));
}
