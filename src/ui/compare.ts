import { allStages, type Inputs, withoutCache } from "./build-inputs.js";
import type { Step } from "./build-model.js";

/** The same step in two builds. */
export interface StepPair {
  name: string;
  /** Undefined in the build that has no such step. */
  left: Step | undefined;
  right: Step | undefined;
}

/** Two builds, the later one on the right. */
export interface Comparison {
  pairs: readonly StepPair[];
  /** The first step that differs, and why. */
  first?: StepPair & { difference: string; reason: string };
  /** What the builds were asked for, where that differs. */
  inputs: readonly InputDifference[];
}

/** An input of which the builds have other values. */
export interface InputDifference {
  name: string;
  /** The values that only one build has. */
  left: readonly string[];
  right: readonly string[];
}

/** What is known of one of the builds. */
export interface Side {
  steps: readonly Step[];
  inputs: Inputs;
  builder: string;
}

/** Compares two builds. */
export function compare(left: Side, right: Side): Comparison {
  const pairs = pairSteps(left.steps, right.steps);
  const inputs = differentInputs(left.inputs, right.inputs);
  const found = pairs.find(
    ({ name, left, right }) =>
      isOfDockerfile((right ?? left)!) && !isLocal(name) && differenceOf(left, right) !== "",
  );
  const first = found && {
    ...found,
    difference: differenceOf(found.left, found.right),
    reason: reasonOf(found, { left, right, inputs }),
  };
  return { pairs, first, inputs };
}

/**
 * The steps of two builds side by side, in the order of the later one. BuildKit finds a step in its cache by what it does and
 * needs: with the same identity, steps are the same. So are those with one name, and those at one place of a stage.
 */
export function pairSteps(left: readonly Step[], right: readonly Step[]): StepPair[] {
  const partners = new Map<Step, Step>();
  const rest = new Set(left);
  for (const keyOf of [identityOf, nameOf, placeOf]) {
    const found = new Map<string, Step[]>();
    for (const step of rest) {
      const key = keyOf(step);
      if (key) found.set(key, [...(found.get(key) ?? []), step]);
    }
    for (const step of right) {
      const partner = partners.has(step) ? undefined : found.get(keyOf(step))?.shift();
      if (!partner) continue;
      partners.set(step, partner);
      rest.delete(partner);
    }
  }
  const pairs = right.map((step) => ({ name: step.name, left: partners.get(step), right: step }));
  return [...pairs, ...[...rest].map((step) => ({ name: step.name, left: step, right: undefined }))];
}

/** What differs between a step in two builds, for people; empty if nothing does. */
export function differenceOf(left: Step | undefined, right: Step | undefined): string {
  if (!left) return "only in the later build";
  if (!right) return "only in the earlier build";
  if (commandOf(left) !== commandOf(right)) return isImage(right) ? "another image" : "another command";
  if (left.state === "failed" || right.state === "failed")
    return left.state === right.state ? "" : `${left.state}, then ${right.state}`;
  // A step without inputs is a source or one of BuildKit's internal steps. Both run in each build.
  if (right.inputs.length === 0 || isLocal(right.name)) return "";
  if (right.isCached) return left.isCached ? "" : "cached in the later build";
  if (left.isCached) return "not cached in the later build";
  return left.state === "done" && right.state === "done" ? "ran in both builds" : "";
}

interface Context {
  left: Side;
  right: Side;
  inputs: readonly InputDifference[];
}

/** Why the later build did not take a step from the cache, as far as BuildKit tells; empty if it did, or has no such step. */
function reasonOf({ left: before, right: step }: StepPair, { left, right, inputs }: Context): string {
  if (!step || step.isCached || step.state === "waiting") return "";
  if (isWithoutCache(step, right.inputs)) return "The later build was asked to run it without the cache.";
  if (!before) return "The earlier build has no such step.";
  if (commandOf(before) !== commandOf(step)) return `It was: ${commandOf(before)}`;
  const needs = step.inputs.flatMap((key) => right.steps.find((other) => other.key === key) ?? []);
  const ran = needs.find(({ name, inputs, isCached }) => !isCached && inputs.length > 0 && !isLocal(name));
  if (ran) return `It needs ${ran.name}, which was not cached either.`;
  if (before.state === "failed") return "It had failed, and BuildKit caches no step that failed.";
  if (needs.some(({ name }) => isLocal(name)))
    return "Files of the context that the step uses have changed, or its result was no longer in the cache.";
  if (before.key === step.key)
    return left.builder === right.builder
      ? "The step has not changed. Its result was no longer in the cache."
      : `The step has not changed, but the builder ${right.builder} did not have its result.`;
  const changed = inputs.filter(({ name }) => /argument|attribute/i.test(name)).flatMap(namesOf);
  return changed.length > 0
    ? `Its settings differ. Build arguments that differ: ${[...new Set(changed)].join(", ")}.`
    : "Its settings differ, such as the environment, mounts, user or working directory.";
}

/** Names of the values "NAME=VALUE" of which the builds have others. */
const namesOf = ({ left, right }: InputDifference) =>
  [...left, ...right].map((text) => text.slice(0, Math.max(0, text.indexOf("="))) || text);

function differentInputs(left: Inputs, right: Inputs): InputDifference[] {
  const names = new Set([...left.keys(), ...right.keys()]);
  return [...names]
    .map((name) => {
      const [before, after] = [left.get(name) ?? [], right.get(name) ?? []];
      const only = (values: readonly string[], others: readonly string[]) =>
        values.filter((value) => !others.includes(value));
      return { name, left: only(before, after), right: only(after, before) };
    })
    .filter(({ left, right }) => left.length + right.length > 0);
}

/** What the name of a step of a Dockerfile begins with: "[stage 2/3]", "[linux/arm64 stage 2/3]". */
const place = /^\[(?:([^\]]+) )?\d+\/\d+\] /;

/** Whether a step is one of the Dockerfile or its input. BuildKit's other ones, such as exports, run in each build. */
function isOfDockerfile({ name, inputs }: Step): boolean {
  return place.test(name) || inputs.length > 0;
}

/** Whether a step reads from the client, which each build does, or is one of BuildKit's own; its identity is new in each build. */
function isLocal(name: string): boolean {
  return /^\[internal\]/.test(name) || /^\[context .* load from client$/.test(name);
}

const identityOf = ({ key }: Step) => key;

/** The name of a step without its number and image digest, with its node. */
const nameOf = ({ name, node }: Step) =>
  `${node} ${name.replace(place, (_, stage = "") => `[${stage}] `).replace(/^(\[.*\] FROM \S+)@sha256:\w+$/, "$1")}`;

/** A step by its place in a stage; empty for those that have none. */
const placeOf = ({ name, node }: Step) => {
  const [found] = place.exec(name) ?? [];
  return found ? `${node} ${found}` : "";
};

const isImage = (step: Step) => /^FROM /.test(commandOf(step));

const commandOf = ({ name }: Step) => name.replace(place, "");

function isWithoutCache({ name }: Step, inputs: Inputs): boolean {
  const stages = inputs.get(withoutCache) ?? [];
  const [, prefix = ""] = place.exec(name) ?? [];
  return stages.includes(allStages) || stages.includes(prefix.split(" ").at(-1)!);
}
