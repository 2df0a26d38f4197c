import { BakeError } from "./bake-error.js";
import { type Group, mergeTargets, type Target } from "./target.js";

/** All targets and groups of the files. */
export interface Definition {
  /** By name, in the order of the files. */
  readonly targets: ReadonlyMap<string, Target>;
  readonly groups: readonly Group[];
}

/** A variable, for people. */
export interface Variable {
  readonly name: string;
  readonly description: string;
  /** Its type; empty for none. */
  readonly type: string;
  /** Its value; undefined for null. */
  readonly value: string | undefined;
}

/** A finding that stops nothing. */
export interface Warning {
  readonly reason: "BAKE_ATTRIBUTE_UNKNOWN" | "BAKE_VARIABLE_UNSET";
  readonly message: string;
}

/** Adds targets and groups. A group replaces the one before it, a target is merged. */
export function mergeDefinitions(first: Definition, later: Definition): Definition {
  const targets = new Map(first.targets);
  for (const [name, target] of later.targets) {
    const known = targets.get(name);
    targets.set(name, known ? mergeTargets(known, target) : target);
  }
  const replaced = new Set(later.groups.map(({ name }) => name));
  const groups = [...first.groups.filter(({ name }) => !replaced.has(name)), ...later.groups];
  return { targets, groups: groups.map((group) => ({ ...group, targets: [...new Set(group.targets)] })) };
}

/** Throws unless a text can be the name of a target. */
export function requireName(name: string): void {
  if (!/^[a-zA-Z0-9_-]+$/.test(name)) throw new BakeError('only "[a-zA-Z0-9_-]+" are allowed');
}

/** A name of a service can have dots, that of a target cannot. */
export function sanitizeName(name: string): string {
  return name.replaceAll(".", "_");
}
