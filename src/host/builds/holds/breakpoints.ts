import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ConnectError } from "@connectrpc/connect";
import type { GraphStep } from "../../../buildkit/step-graph.js";
import { invalidField } from "../../../errors/typed-error.js";
import type { Breakpoint } from "../../../gen/slipway/v1/build_pb.js";
import type { BreakpointPlaceSchema } from "../../../gen/slipway/v1/debug_pb.js";

/** How many breakpoints a build can have. */
const maxBreakpoints = 1_000;

/** Throws INVALID_ARGUMENT, reason BREAKPOINT_INVALID. */
export function checkBreakpoints(breakpoints: readonly Breakpoint[]): void {
  if (breakpoints.length > maxBreakpoints)
    throw breakpointInvalid("breakpoints", `There are more than ${maxBreakpoints} breakpoints.`);
  const wrong = breakpoints.findIndex(({ line }) => line < 1);
  if (wrong >= 0) throw breakpointInvalid(`breakpoints[${wrong}].line`, "Lines are counted from 1.");
}

/** INVALID_ARGUMENT, reason BREAKPOINT_INVALID. */
export function breakpointInvalid(field: string, message: string, remedy?: string): ConnectError {
  return invalidField(field, "BREAKPOINT_INVALID", message, remedy);
}

/** Whether a step is written on the line of a breakpoint. */
export function isOn({ source }: GraphStep, { filename, line }: Breakpoint): boolean {
  if (!source || (filename && filename !== source.filename)) return false;
  return source.range.startLine <= line && line <= source.range.endLine;
}

/** Where the build is held for a breakpoint. */
export function placeOf(
  steps: readonly GraphStep[],
  breakpoint: Breakpoint,
): MessageInitShape<typeof BreakpointPlaceSchema> {
  return { range: steps.find((step) => isOn(step, breakpoint))?.source?.range };
}
