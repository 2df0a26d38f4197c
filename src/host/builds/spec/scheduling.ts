import { type Duration, durationMs } from "@bufbuild/protobuf/wkt";
import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import type { Limits } from "../../quotas/limits.js";
import { displayNameOf } from "./frontend.js";
import type { Problems } from "./problems.js";
import { isPrintable } from "./shown-texts.js";

/** Longest name of a project, in characters. */
const maxProjectLength = 128;

/** Checks what a specification says about waiting and running. */
export function checkScheduling(problems: Problems, spec: BuildSpec): void {
  const { project, queueTimeout, runTimeout } = spec;
  if (project.length > maxProjectLength || !isPrintable(project)) {
    const message = `The project ${JSON.stringify(project.slice(0, maxProjectLength))} has control characters, or more than ${maxProjectLength} characters.`;
    problems.add("spec.project", "PROJECT_INVALID", message, "Use one line of printable text.");
  }
  const timeouts = { queue_timeout: queueTimeout, run_timeout: runTimeout };
  for (const [field, timeout] of Object.entries(timeouts)) {
    if (!timeout || durationMs(timeout) > 0) continue;
    const remedy = "Use a positive duration, or leave it out.";
    problems.add(`spec.${field}`, "TIMEOUT_INVALID", "The time is not more than 0.", remedy);
  }
}

/**
 * The project of a build: the one that is given, else its display name without tag or digest.
 * @param shown the specification without secret values
 */
export function projectOf(shown: BuildSpec): string {
  return shown.project || displayNameOf(shown).replace(/(:[^:@/]*)?(@[^@/]*)?$/, "");
}

/** How long a build may wait, and run, in milliseconds; Infinity for no limit. */
export function timeLimitsOf(
  { queueTimeout, runTimeout }: BuildSpec,
  limits: Limits,
): { queueMs: number; runMs: number } {
  return {
    queueMs: shorter(queueTimeout, limits["queue-time"]),
    runMs: shorter(runTimeout, limits["build-time"]),
  };
}

function shorter(timeout: Duration | undefined, limitMs: number): number {
  return timeout ? Math.min(durationMs(timeout), limitMs) : limitMs;
}
