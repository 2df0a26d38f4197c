import { hasCapability } from "../plugin-protocol/capabilities.js";
import type { CheckInfo } from "./report/report.js";
import type { Subject } from "./subject.js";

/** A check of one rule of the driver protocol. */
export interface Check {
  /** Stable name, listed in docs/conformance.md. */
  id: `DRV-${string}`;
  /** What a conforming plugin does. */
  title: string;
  /** Anchor of the rule in docs/driver-protocol.md. */
  rule: string;
  /** A violated SHOULD is a warning, a violated MUST a failure. MUST by default. */
  level?: "SHOULD";
  /** Needs a backend, and thus a configuration. */
  backend?: true;
  /** Needs a configuration that Validate accepts; for many drivers the kit can make one. */
  sample?: true;
  /** Is about the start, the end or the output of a process; skipped for a plugin that the kit has not started. */
  process?: true;
  /** A condition for the rule to apply; otherwise the check is skipped. Most rules apply to every plugin. */
  when?: Condition;
  /** Throws {@link Violation} when the rule is violated. */
  run(subject: Subject): Promise<void>;
}

/** What is known of a check before it runs. */
export function describeCheck(check: Check): CheckInfo {
  const { id, title, rule, level = "MUST", when } = check;
  return { id, title, rule: `docs/driver-protocol.md#${rule}`, level, when: when?.text ?? "" };
}

/** What a check needs: a node on a live backend, a configuration that Validate accepts, or nothing. */
export function needOf({ backend, sample }: Check): "" | "backend" | "config" {
  if (backend) return "backend";
  return sample ? "config" : "";
}

/** A property of the driver that is required for a rule to apply. */
export interface Condition {
  /** The capability, or another short name. */
  text: string;
  /** Why the rule does not apply to the driver, as a sentence; undefined when it applies. */
  missing(subject: Subject): string | undefined;
}

/** Whether the driver under test advertises a capability. */
export function has({ driver }: Subject, capability: string): boolean {
  return hasCapability(driver, capability);
}

/** The condition that the driver advertises a capability. */
export function needs(capability: string): Condition {
  const missing = (subject: Subject) =>
    has(subject, capability) ? undefined : `The driver does not advertise ${capability}.`;
  return { text: capability, missing };
}

/** The condition that there is a configuration whose backend cannot be reached. */
export const unreachableBackend: Condition = {
  text: "an unreachable backend",
  missing: (subject) =>
    // Without a configuration it is not known whether it will have one.
    !subject.backend || subject.hasUnreachable()
      ? undefined
      : "The driver accepts neither tcp:// nor unix:// endpoints, and the configuration has no unreachable backend.",
};
