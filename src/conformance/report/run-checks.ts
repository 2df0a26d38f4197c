import { InputError } from "../../errors/input-error.js";
import { withTimeout } from "../../util/with-timeout.js";
import { Violation } from "./violation.js";

/**
 * The checks with the given ids, in their own order; by default all. Throws an InputError for an unknown id.
 *
 * @param lister the command that lists the checks
 */
export function selectChecks<C extends { id: string }>(
  checks: readonly C[],
  only: readonly string[] | undefined,
  lister: string,
): C[] {
  const unknown = only?.find((id) => !checks.some((check) => check.id === id));
  if (unknown) {
    throw new InputError({
      reason: "CHECK_UNKNOWN",
      field: "only",
      message: `There is no check ${unknown}.`,
      remedy: `See the list of checks in docs/conformance.md, or run \`${lister}\`.`,
    });
  }
  return checks.filter(({ id }) => !only || only.includes(id));
}

/** Waits for a check. Rejects with a Violation when it takes too long. */
export async function inTime(ms: number, check: Promise<void>): Promise<void> {
  await withTimeout(ms, new AbortController().signal, (signal) =>
    Promise.race([check, timedOut(signal, ms)]),
  );
}

function timedOut(signal: AbortSignal, ms: number): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal.addEventListener("abort", () =>
      reject(new Violation(`The check did not end within ${ms / 1000} s.`)),
    ),
  );
}
