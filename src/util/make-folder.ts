import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Creates a folder and its missing parents. Node's recursive mkdir does not end where the system answers ENOENT for a
 * name that cannot be created, as below /proc.
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return;
    const parent = dirname(path);
    const isThere = await stat(parent).catch(() => undefined);
    if (code !== "ENOENT" || isThere) throw error;
    await makeFolder(parent, mode);
    await makeFolder(path, mode);
  }
}
