import { hasCapability } from "../plugin-protocol/capabilities.js";
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
  /** A condition for the rule to apply; otherwise the check is skipped. Most rules apply to every plugin. */
  when?: Condition;
  /** Throws {@link Violation} when the rule is violated. */
  run(subject: Subject): Promise<void>;
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
    subject.hasUnreachable()
      ? undefined
      : "The driver accepts neither tcp:// nor unix:// endpoints, and the configuration has no unreachable backend.",
};
