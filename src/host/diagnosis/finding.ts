import { readTypedError } from "../../errors/typed-error.js";
import { withPeriod } from "../../util/with-period.js";

/** How a check ended; from the best to the worst, apart from "skipped". */
export type Outcome = "ok" | "warning" | "problem" | "skipped";

/** One thing that a check found. */
export interface Finding {
  outcome: Outcome;
  /** What was found: one sentence, without secrets. */
  message: string;
  /** What to do. */
  remedy?: string;
  /** Stable reason in UPPER_SNAKE_CASE. */
  reason?: string;
}

/** Everything is as it should be. */
export const ok = (message: string): Finding => ({ outcome: "ok", message });

/** It works, and something should be changed. */
export const warning = (message: string, remedy?: string): Finding => ({
  outcome: "warning",
  message,
  remedy,
});

/** Something does not work. */
export const problem = (message: string, remedy?: string): Finding => ({
  outcome: "problem",
  message,
  remedy,
});

/** It could not be checked. */
export const skipped = (message: string, remedy?: string): Finding => ({
  outcome: "skipped",
  message,
  remedy,
});

/** The problem that an error describes. */
export function problemOf(error: unknown): Finding {
  const { message, remedy, reason } = readTypedError(error);
  return { outcome: "problem", message: withPeriod(message), remedy, reason };
}
