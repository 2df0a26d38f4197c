import { visibleOutput } from "../output/visible.js";
import type { Trace } from "./trace.js";

/** The final report of each failed step: its name and its last lines of output. */
export function errorReport(trace: Trace, lines: number): string {
  return trace.started
    .filter((step) => step.isFailed)
    .map((step) =>
      ["------", ` > ${step.name}:`, ...step.lines.slice(-lines).map(visibleOutput), "------", ""].join("\n"),
    )
    .join("");
}
