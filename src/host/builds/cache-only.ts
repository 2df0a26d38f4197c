import type { Diagnostic } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import { warning } from "./warning.js";

/** The warning that no output was requested, in buildx's words. */
export function cacheOnlyWarning(driver: string): Diagnostic {
  return warning(
    "spec.outputs",
    "OUTPUT_NONE",
    `No output specified with ${driver} driver. Build result will only remain in the build cache.`,
    "Add an output to spec.outputs that pushes the image or loads it into an image store.",
  );
}
