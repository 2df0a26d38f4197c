import type { Step } from "./build-model.js";

/**
 * The steps that decided when the build ended, the last one first: the step that ended last, the one that it waited for, and
 * so on. Empty before a step has ended.
 */
export function criticalPath(steps: readonly Step[]): Step[] {
  const byKey = new Map(steps.map((step) => [step.key, step]));
  const path = new Set<Step>();
  let step = lastOf(steps);
  while (step && !path.has(step)) {
    path.add(step);
    step = waitedFor(step, steps, byKey);
  }
  return [...path];
}

/** Time that the steps ran, in milliseconds. */
export function workOf(steps: readonly Step[]): number {
  return steps.reduce(
    (sum, { start, end }) => sum + (start === undefined || end === undefined ? 0 : end - start),
    0,
  );
}

/** The inputs that a step still waits for. */
export function missingInputs(step: Step, all: ReadonlyMap<string, Step>): Step[] {
  if (step.state !== "waiting") return [];
  return step.inputs.flatMap((key) => all.get(key) ?? []).filter(({ end }) => end === undefined);
}

/**
 * The step that another one waited for: of its inputs the one that ended last. BuildKit names no inputs for exports and
 * for its internal steps: they depend on what ended before they began.
 */
function waitedFor(
  { inputs, start, node }: Step,
  all: readonly Step[],
  byKey: ReadonlyMap<string, Step>,
): Step | undefined {
  const known = inputs.flatMap((key) => byKey.get(key) ?? []);
  if (known.length > 0) return lastOf(known);
  if (start === undefined) return undefined;
  const isBefore = (other: Step) => other.end !== undefined && other.end <= start;
  // What belongs to no node comes after the work of all.
  return lastOf(all.filter((other) => isBefore(other) && (!node || other.node === node)));
}

function lastOf(steps: readonly Step[]): Step | undefined {
  let last: Step | undefined;
  for (const step of steps)
    if (step.end !== undefined && step.end > (last?.end ?? Number.NEGATIVE_INFINITY)) last = step;
  return last;
}
