import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { freeBytes } from "../../util/free-bytes.js";
import { defaultReservedBytes } from "../store/store.js";
import { type Finding, ok, problem, warning } from "./finding.js";

/** Free space below which a warning is given, in bytes: uploads and logs of some builds need as much. */
const lowBytes = 1 << 30;

/** Checks that the state has room: the host adds nothing to it below 32 MiB of free space. */
export async function checkDiskSpace(folder: string, limits = { low: lowBytes }): Promise<Finding> {
  const existing = await firstExisting(folder);
  const free = freeBytes(existing);
  const where = `The file system of ${existing} has ${Math.floor(free / 2 ** 20)} MiB of free space`;
  const floor = defaultReservedBytes;
  if (free < floor)
    return problem(
      `${where}; the host stores nothing below ${floor / 2 ** 20} MiB.`,
      "Free space there, or use another state folder.",
    );
  if (free < limits.low) return warning(`${where}.`, "Free space there before builds fail.");
  return ok(`${where}.`);
}

async function firstExisting(folder: string): Promise<string> {
  const exists = await stat(folder).then(
    () => true,
    () => false,
  );
  return exists || dirname(folder) === folder ? folder : firstExisting(dirname(folder));
}
