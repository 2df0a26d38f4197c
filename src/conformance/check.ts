import { hasCapability } from "../plugin-protocol/capabilities.js";
import type { Subject } from "./subject.js";

/** One rule of the driver protocol, and how the kit checks it. */
export interface Check {
  /** Stable name, listed in docs/conformance.md. */
  id: `DRV-${string}`;
  /** What a plugin that passes does. */
  title: string;
  /** Anchor of the rule in docs/driver-protocol.md. */
  rule: string;
  /** A violated SHOULD is a warning, everything else a failure; MUST by default. */
  level?: "SHOULD";
  /** Needs a backend, and so a configuration. */
  backend?: true;
  /** Needs a configuration that Validate accepts; for many drivers the kit makes one itself. */
  sample?: true;
  /** What a driver must have for the rule to apply; otherwise the check is skipped. Most rules apply to every plugin. */
  when?: Condition;
  /** Throws {@link Violation} when the rule is violated. */
  run(subject: Subject): Promise<void>;
}

/** What a driver must have for a rule to apply. */
export interface Condition {
  /** The capability, or another short name of it. */
  text: string;
  /** Why the rule does not apply to a driver, for people; undefined when it does. */
  missing(subject: Subject): string | undefined;
}

/** Whether the driver under test advertises a capability. */
export function has({ driver }: Subject, capability: string): boolean {
  return hasCapability(driver, capability);
}

/** Applies to drivers that advertise a capability. */
export function needs(capability: string): Condition {
  const missing = (subject: Subject) =>
    has(subject, capability) ? undefined : `the driver does not advertise ${capability}`;
  return { text: capability, missing };
}

/** Applies when the kit knows a configuration whose backend cannot be reached. */
export const unreachableBackend: Condition = {
  text: "an unreachable backend",
  missing: (subject) =>
    subject.hasUnreachable()
      ? undefined
      : "it takes neither tcp:// nor unix://, and the configuration names no unreachable backend",
};
