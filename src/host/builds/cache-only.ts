import { create } from "@bufbuild/protobuf";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../gen/slipway/driver/v1/diagnostic_pb.js";

/** The warning that nobody asked for the result, in buildx's words. */
export function cacheOnlyWarning(driver: string): Diagnostic {
  return create(DiagnosticSchema, {
    severity: Severity.WARNING,
    reason: "OUTPUT_NONE",
    field: "spec.outputs",
    message: `No output specified with ${driver} driver. Build result will only remain in the build cache.`,
    remedy: "To push result image into registry use --push or to load image into docker use --load",
  });
}
