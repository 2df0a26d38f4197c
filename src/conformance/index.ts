/** The conformance kit: checks any plugin against the driver protocol. `slipway conformance` uses it. */

export type { BackendInit, NodeInit } from "./backend.js";
export type { Check } from "./check.js";
export { checks } from "./checks/index.js";
export { formatList, formatResult, formatSummary, marks, needOf } from "./format-text.js";
export { toJunit } from "./junit.js";
export { conforms, countOutcomes, describeCheck, type Outcome, type Report, type Result } from "./report.js";
export { type ConformanceOptions, runConformance } from "./run.js";
