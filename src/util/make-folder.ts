import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Creates a folder and its missing parents. Node's recursive mkdir does not end where the system answers ENOENT for a
 * name that cannot be created, as below /proc.
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  if (!(await missingParent(path, mode))) return;
  const parent = dirname(path);
  if (!(await stat(parent).catch(() => undefined))) await makeFolder(parent, mode);
  // Also where the parent is there by now: another caller may have created it in the meantime.
  const error = await missingParent(path, mode);
  if (error) throw error;
}

/** Creates a folder. Returns the system's error if that is ENOENT. */
async function missingParent(path: string, mode: number): Promise<Error | undefined> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return error as Error;
    if (code !== "EEXIST" || !(await stat(path)).isDirectory()) throw error;
  }
  return undefined;
}
