/** The outcome of a check. */
export type Outcome = "passed" | "failed" | "warned" | "skipped" | "not-run";

/** What is known of a check before it runs. */
export interface CheckInfo {
  id: string;
  title: string;
  /** Page and anchor of the rule. */
  rule: string;
  level: "MUST" | "SHOULD";
  /** The condition for the rule to apply, such as a capability; empty when it always applies. */
  when: string;
}

/** The result of a check. */
export interface Result extends CheckInfo {
  outcome: Outcome;
  /** Why it failed, was skipped or not run, as a sentence; empty when it passed. */
  reason: string;
  /** What the program under test logged during a check that failed or warned: its last lines on stderr. */
  lastLines: string[];
  milliseconds: number;
}

/** The results of a program. */
export interface Report {
  /** What was checked, for people: "acme 1.0, driver acme"; empty when it could not be started. */
  subject: string;
  /** Why the program could not be started, or lacks what should be checked; then it does not conform. */
  broken?: string;
  results: Result[];
}

/** How a check ended. */
export type Ending = Pick<Result, "outcome"> & Partial<Pick<Result, "reason" | "lastLines">>;

/** The result of a check that took a time in milliseconds. */
export function resultOf(check: CheckInfo, ending: Ending, milliseconds: number): Result {
  return { ...check, reason: "", lastLines: [], ...ending, milliseconds: Math.round(milliseconds) };
}

/** The number of checks by outcome. */
export function countOutcomes(results: readonly Result[]): Record<Outcome, number> {
  const counts = { passed: 0, failed: 0, warned: 0, skipped: 0, "not-run": 0 };
  for (const { outcome } of results) counts[outcome]++;
  return counts;
}

/** Whether the program conforms: no check has failed. */
export function conforms({ broken, results }: Report): boolean {
  return !broken && results.every(({ outcome }) => outcome !== "failed");
}
