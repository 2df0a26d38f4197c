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
  const above = await nearestExisting(dirname(path));
  return above.isDirectory ? undefined : `${above.path} is not a directory`;
}

/** The path, or the nearest above it that exists. Missing folders are created with the output. */
async function nearestExisting(path: string): Promise<{ path: string; isDirectory: boolean }> {
  const found = await stat(path).catch(() => undefined);
  if (found) return { path, isDirectory: found.isDirectory() };
  return nearestExisting(dirname(path));
}
