/**
 * The conformance kits: one checks any plugin against the driver protocol, the other any client with a scripted host.
 * `slipway conformance` uses them.
 */

export type { BackendInit, NodeInit } from "./backend.js";
export { type Check, describeCheck, needOf } from "./check.js";
export { checks } from "./checks/index.js";
export { type ClientCheck, describeClientCheck } from "./client/check.js";
export { clientChecks } from "./client/checks/index.js";
export { type ClientConformanceOptions, runClientConformance } from "./client/run.js";
export { formatResult, formatRows, formatSummary, marks } from "./report/format-text.js";
export { toJunit } from "./report/junit.js";
export {
  type CheckInfo,
  conforms,
  countOutcomes,
  type Outcome,
  type Report,
  type Result,
} from "./report/report.js";
export { type ConformanceOptions, type DriverReport, type ReportOptions, runConformance } from "./run.js";
