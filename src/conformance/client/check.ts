import type { CheckInfo } from "../report/report.js";
import type { Subject } from "./subject.js";

/** A check of one rule for clients. */
export interface ClientCheck {
  /** Stable name, listed in docs/client-conformance.md. */
  id: `CLI-${string}`;
  /** What a conforming client does. */
  title: string;
  /** Page in docs/ and anchor of the rule. */
  rule: string;
  /** A violated SHOULD is a warning, a violated MUST a failure. MUST by default. */
  level?: "SHOULD";
  /** Why the check cannot run on this machine, as a sentence; undefined when it can. */
  impossible?(): string | undefined;
  /** Throws Violation when the rule is violated. */
  run(subject: Subject): Promise<void>;
}

/** What is known of a check before it runs. */
export function describeClientCheck(check: ClientCheck): CheckInfo {
  const { id, title, rule, level = "MUST" } = check;
  return { id, title, rule: `docs/${rule}`, level, when: "" };
}
