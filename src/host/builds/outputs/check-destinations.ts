import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { invalidField } from "../../../errors/typed-error.js";
import type { Destination, Export } from "../spec/exports.js";

/** Throws when a destination cannot be written, before BuildKit does any work. */
export async function checkDestinations(exports: readonly Export[]): Promise<void> {
  for (const { destination, output } of exports) {
    const problem = await problemOf(destination);
    if (!problem) continue;
    const message = `The output cannot be written: ${problem}.`;
    throw invalidField(`spec.outputs[${output}].path`, "OUTPUT_PATH_INVALID", message);
  }
}

async function problemOf(destination: Destination): Promise<string | undefined> {
  if (!("path" in destination)) return undefined;
  const { kind, path } = destination;
  const target = await stat(path).catch(() => undefined);
  if (kind !== "file") return target && !target.isDirectory() ? `${path} is not a directory` : undefined;
  if (target?.isDirectory()) return `${path} is a directory`;
  const parent = await stat(dirname(path)).catch(() => undefined);
  return parent?.isDirectory() ? undefined : `${dirname(path)} is not an existing directory`;
}
