import { create } from "@bufbuild/protobuf";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import type { BuilderRecord } from "../../gen/slipway/state/v1/builder_record_pb.js";

/** Reports a builder that is not listed, since another builder with the same name wins. */
export function hiddenBuilder({ name, driver, origin }: BuilderRecord, other: BuilderRecord): Diagnostic {
  const what = origin ? `The buildx instance ${origin}` : `The builder ${name} of the driver ${driver}`;
  const by = other.implicit
    ? `the builder of the driver ${other.driver}`
    : "the builder with this name that was created here";
  return create(DiagnosticSchema, {
    severity: Severity.INFO,
    reason: "BUILDER_HIDDEN",
    message: `${what} is hidden by ${by}.`,
    remedy: origin ? "Remove one of the two to use the other." : `Remove the builder ${name} to use it.`,
  });
}
