import { Code } from "@connectrpc/connect";
import { invalidField, renameFields, typedError } from "../../errors/typed-error.js";
import type { Build } from "../../gen/slipway/v1/build_pb.js";

/** Largest size of the files of a definition, in bytes. */
export const maxBakeFileBytes = 8 * 1024 * 1024;

/** Largest number of targets in one bake. */
const maxTargets = 500;

/** A started target. */
export interface StartedBuild {
  readonly name: string;
  readonly build: Build;
}

/** Checks the number of the targets of a bake. */
function requireNumber(targets: readonly unknown[]): void {
  if (targets.length > 0 && targets.length <= maxTargets) return;
  const message =
    targets.length === 0 ? "There are no targets." : `There are more than ${maxTargets} targets.`;
  throw invalidField("targets", "BAKE_TARGETS_INVALID", message);
}

/** Checks the targets to watch: each build once. */
export function requireWatched(targets: readonly { id: string }[]): void {
  requireNumber(targets);
  const repeated = firstRepeated(targets.map(({ id }) => id));
  if (repeated === -1) return;
  const message = `The build ${JSON.stringify(targets[repeated]!.id)} is there twice.`;
  throw invalidField(`targets[${repeated}].id`, "BAKE_TARGETS_INVALID", message);
}

/** Index of the first value that was there before; -1 when there is none. */
function firstRepeated(values: readonly string[]): number {
  const seen = new Set<string>();
  return values.findIndex((value) => seen.size === seen.add(value).size);
}

/** Checks the targets of a bake. */
export function requireTargets(targets: readonly { name: string; spec?: unknown }[]): void {
  requireNumber(targets);
  const repeated = firstRepeated(targets.map(({ name }) => name));
  targets.forEach(({ name, spec }, index) => {
    const field = `targets[${index}]`;
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(name)) {
      const message = `The name ${JSON.stringify(name)} has other characters than letters, digits, "_" and "-", or more than 128.`;
      throw invalidField(`${field}.name`, "BAKE_TARGETS_INVALID", message);
    }
    if (index === repeated) {
      throw invalidField(
        `${field}.name`,
        "BAKE_TARGETS_INVALID",
        `There are two targets ${JSON.stringify(name)}.`,
      );
    }
    if (spec) return;
    throw typedError({
      code: Code.InvalidArgument,
      reason: "SPEC_MISSING",
      message: `The target ${JSON.stringify(name)} has no spec.`,
      fields: [{ field: `${field}.spec`, message: "It is missing." }],
    });
  });
}

/** An error of one target, with its fields as in the request. */
export function ofTarget(index: number, cause: unknown): unknown {
  return renameFields(cause, (field) =>
    field.startsWith("targets[") ? field : `targets[${index}].${field}`,
  );
}
