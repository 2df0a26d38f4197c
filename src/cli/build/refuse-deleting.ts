import { realpath } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { InputError } from "../../errors/input-error.js";

/**
 * Refuses `mode=delete` for a folder that is not below the working directory, since it removes files that the build did
 * not create. Symbolic links are resolved, as the output follows them.
 */
export async function refuseDeleting(folder: string): Promise<void> {
  const path = relative(await realpath(process.cwd()), await realPathOf(folder));
  if (path !== "" && path !== ".." && !path.startsWith(`..${sep}`)) return;
  throw new InputError({
    reason: "OUTPUT_INVALID",
    field: "--output",
    message: `local output mode=delete for destination ${JSON.stringify(folder)} requires --allow=buildx.local.delete`,
    remedy: "Add --allow=buildx.local.delete to permit the removal of all other files in that folder.",
  });
}

/** The path without symbolic links; its last names need not exist. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || dirname(path) === path) throw error;
    return join(await realPathOf(dirname(path)), basename(path));
  }
}
