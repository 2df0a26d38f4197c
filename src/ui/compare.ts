import type { Step } from "./build-model.js";

/** The same step in two builds. */
export interface StepPair {
  name: string;
  /** Undefined in the build that has no such step. */
  left: Step | undefined;
  right: Step | undefined;
}

/**
 * The steps of two builds side by side, in the order of the later one, which is on the right. Steps are the same when they have one name, so a
 * step whose command has changed is in one build only.
 */
export function pairSteps(left: readonly Step[], right: readonly Step[]): StepPair[] {
  const rest = new Map<string, Step[]>();
  for (const step of left) rest.set(keyOf(step), [...(rest.get(keyOf(step)) ?? []), step]);
  const pairs: StepPair[] = right.map((step) => ({
    name: step.name,
    left: rest.get(keyOf(step))?.shift(),
    right: step,
  }));
  const alone = [...rest.values()].flat().map((step) => ({ name: step.name, left: step, right: undefined }));
  return [...pairs, ...alone];
}

/**
 * The first step that differs: it is in one build only, was cached in one only, or has another identity, by which
 * BuildKit finds it in its cache. Steps of BuildKit's own, which always run, do not count.
 */
export function firstDifference(pairs: readonly StepPair[]): StepPair | undefined {
  return pairs.find(({ name, left, right }) => !isInternal(name) && differenceOf(left, right) !== "");
}

/** What differs between a step in two builds, for people; empty if nothing does. */
export function differenceOf(left: Step | undefined, right: Step | undefined): string {
  if (!left) return "only in the later build";
  if (!right) return "only in the earlier build";
  if (left.state === "failed" || right.state === "failed")
    return left.state === right.state ? "" : `${left.state}, then ${right.state}`;
  if (left.isCached !== right.isCached)
    return right.isCached ? "cached in the later build" : "not cached in the later build";
  if (left.key !== right.key && !right.isCached && !isInternal(right.name)) return "other inputs or settings";
  return "";
}

/** Whether it is a step of BuildKit's own, whose identity is new in each build. */
function isInternal(name: string): boolean {
  return name.startsWith("[internal]");
}

/** A step by its name without its number, which changes when a step is added, and by its node. */
function keyOf({ name, node }: Step): string {
  return `${node} ${name.replace(/^(\[(?:[^\] ]+ )?)\d+\/\d+\]/, "$1]")}`;
}
