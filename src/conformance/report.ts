import type { Check } from "./check.js";

/** The outcome of a check. */
export type Outcome = "passed" | "failed" | "warned" | "skipped" | "not-run";

/** The result of a check. */
export interface Result {
  id: string;
  title: string;
  /** Page and anchor of the rule. */
  rule: string;
  level: "MUST" | "SHOULD";
  /** The condition for the rule to apply, such as a capability; empty when it applies to every plugin. */
  when: string;
  outcome: Outcome;
  /** Why it failed, was skipped or not run, as a sentence; empty when it passed. */
  reason: string;
  milliseconds: number;
}

/** The results of a plugin. */
export interface Report {
  /** Name and version of the plugin; empty when it could not be started. */
  plugin: string;
  /** Why the plugin could not be started or does not have the driver; then the plugin does not conform. */
  broken?: string;
  /** The checked driver. */
  driver: string;
  results: Result[];
}

/** The part of a check's result that is known before it runs. */
export function describeCheck(check: Check): Omit<Result, "outcome" | "reason" | "milliseconds"> {
  const { id, title, rule, level = "MUST", when } = check;
  return { id, title, rule: `docs/driver-protocol.md#${rule}`, level, when: when?.text ?? "" };
}

/** The result of a check. */
export function resultOf(check: Check, outcome: Outcome, reason: string, milliseconds: number): Result {
  return { ...describeCheck(check), outcome, reason, milliseconds: Math.round(milliseconds) };
}

/** The number of checks by outcome. */
export function countOutcomes(results: readonly Result[]): Record<Outcome, number> {
  const counts = { passed: 0, failed: 0, warned: 0, skipped: 0, "not-run": 0 };
  for (const { outcome } of results) counts[outcome]++;
  return counts;
}

/** Whether the plugin conforms: no check has failed. */
export function conforms({ broken, results }: Report): boolean {
  return !broken && results.every(({ outcome }) => outcome !== "failed");
}
