import type { Check } from "./check.js";

/** How a check ended. */
export type Outcome = "passed" | "failed" | "warned" | "skipped" | "not-run";

/** One check's result. */
export interface Result {
  id: string;
  title: string;
  /** Where the rule is. */
  rule: string;
  level: "MUST" | "SHOULD";
  outcome: Outcome;
  /** Why it failed, was skipped or not run; empty when it passed. */
  reason: string;
  milliseconds: number;
}

/** What the kit found out. */
export interface Report {
  /** Name and version that the plugin tells; empty when it could not be started. */
  plugin: string;
  /** The driver that was checked. */
  driver: string;
  results: Result[];
}

/** A result of a check. */
export function resultOf(check: Check, outcome: Outcome, reason: string, milliseconds: number): Result {
  const { id, title, level = "MUST" } = check;
  const rule = `docs/driver-protocol.md#${check.rule}`;
  return { id, title, rule, level, outcome, reason, milliseconds: Math.round(milliseconds) };
}

/** How many checks ended in each way. */
export function countOutcomes(results: readonly Result[]): Record<Outcome, number> {
  const counts = { passed: 0, failed: 0, warned: 0, skipped: 0, "not-run": 0 };
  for (const { outcome } of results) counts[outcome]++;
  return counts;
}
