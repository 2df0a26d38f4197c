import { create } from "@bufbuild/protobuf";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import type { BuilderInstance } from "../../gen/slipway/v1/builder_pb.js";

/** Says that a builder is not listed since another one with the same name wins. */
export function hiddenBuilder({ name, driver, origin }: BuilderInstance, other: BuilderInstance): Diagnostic {
  const what = origin ? `the buildx instance ${origin}` : `the driver ${driver}'s own builder ${name}`;
  const by = other.implicit
    ? `the driver ${other.driver}'s own builder`
    : "the builder of that name that was created here";
  return create(DiagnosticSchema, {
    severity: Severity.INFO,
    reason: "BUILDER_HIDDEN",
    message: `${what} is hidden by ${by}`,
    remedy: origin ? "remove one of the two to use the other" : `remove the builder ${name} to use it`,
  });
}
