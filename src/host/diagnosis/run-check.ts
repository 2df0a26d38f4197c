import { untilAborted } from "../../util/until-aborted.js";
import { withTimeout } from "../../util/with-timeout.js";
import { type Finding, problem, problemOf } from "./finding.js";

/** One check. It changes nothing. */
export interface Check {
  /** Stable id, such as "state-folder". */
  id: string;
  /** Finds faults. A result of another check keeps that check's id. What this throws is a problem, too. */
  run(signal: AbortSignal): Promise<Finding | (Finding | Result)[]>;
}

/** A finding of a check. */
export interface Result extends Finding {
  /** Id of the check. */
  check: string;
}

/** Runs a check for a limited time. Never rejects. */
export async function runCheck({ id, run }: Check, timeoutMs: number): Promise<Result[]> {
  const never = new AbortController().signal;
  const findings = await withTimeout(timeoutMs, never, (signal) => untilAborted(run(signal), signal)).catch(
    (cause: Error) => (cause.name === "TimeoutError" ? late(timeoutMs) : problemOf(cause)),
  );
  return [findings].flat().map((finding) => ({ check: id, ...finding }));
}

function late(timeoutMs: number): Finding {
  const message = `The check did not end within ${timeoutMs / 1000} s.`;
  return { ...problem(message, "Try again, or use a longer timeout."), reason: "CHECK_TIMEOUT" };
}
