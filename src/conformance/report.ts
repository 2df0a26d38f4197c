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
  /** What a driver must have for the rule to hold, such as a capability; empty when it holds for every plugin. */
  when: string;
  outcome: Outcome;
  /** Why it failed, was skipped or not run; empty when it passed. */
  reason: string;
  milliseconds: number;
}

/** What the kit found out. */
export interface Report {
  /** Name and version that the plugin tells; empty when it could not be started. */
  plugin: string;
  /** Why the plugin could not be started, or has not the driver that was asked for; then no report is a good one. */
  broken?: string;
  /** The driver that was checked. */
  driver: string;
  results: Result[];
}

/** What is known of a check before it runs. */
export function describeCheck(check: Check): Omit<Result, "outcome" | "reason" | "milliseconds"> {
  const { id, title, rule, level = "MUST", when } = check;
  return { id, title, rule: `docs/driver-protocol.md#${rule}`, level, when: when?.text ?? "" };
}

/** A result of a check. */
export function resultOf(check: Check, outcome: Outcome, reason: string, milliseconds: number): Result {
  return { ...describeCheck(check), outcome, reason, milliseconds: Math.round(milliseconds) };
}

/** How many checks ended in each way. */
export function countOutcomes(results: readonly Result[]): Record<Outcome, number> {
  const counts = { passed: 0, failed: 0, warned: 0, skipped: 0, "not-run": 0 };
  for (const { outcome } of results) counts[outcome]++;
  return counts;
}

/** Every rule that was looked at is kept. */
export function isKept({ broken, results }: Report): boolean {
  return !broken && results.every(({ outcome }) => outcome !== "failed");
}
