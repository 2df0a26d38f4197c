import type { Dirent } from "node:fs";
import { readdir, readlink } from "node:fs/promises";
import { mayBeReplaced, nameOf, onDisk } from "./file-name.js";

/** The names in a folder with what they are; see {@link nameOf}. Rejects as `readdir` does. */
export async function readNames(
  folder: string,
): Promise<{ name: string; entry: Pick<Dirent, "isDirectory" | "isSocket"> }[]> {
  const path = onDisk(folder);
  const entries = await readdir(path, { withFileTypes: true });
  if (!entries.some(({ name }) => mayBeReplaced(name)))
    return entries.map((entry) => ({ name: entry.name, entry }));
  const exact = await readdir(path, { withFileTypes: true, encoding: "buffer" });
  return exact.map((entry) => ({ name: nameOf(entry.name), entry }));
}

/** The target of a symbolic link; see {@link nameOf}. Rejects as `readlink` does. */
export async function readTarget(link: string): Promise<string> {
  const path = onDisk(link);
  const target = await readlink(path);
  return mayBeReplaced(target) ? nameOf(await readlink(path, { encoding: "buffer" })) : target;
}
