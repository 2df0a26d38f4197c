import { createHash } from "node:crypto";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";

/**
 * The entries of a folder by path: type and mode, time in microseconds, content or target, first name of hard links.
 */
export async function describeTree(
  root: string,
  { folderTimes = true } = {},
): Promise<Record<string, string>> {
  const described: Record<string, string> = {};
  const names = new Map<bigint, string>();
  async function visit(folder: string): Promise<void> {
    for (const name of (await readdir(join(root, folder))).sort()) {
      const path = folder ? `${folder}/${name}` : name;
      const full = join(root, path);
      const stats = await lstat(full, { bigint: true });
      const first = names.get(stats.ino) ?? path;
      names.set(stats.ino, first);
      const content = stats.isSymbolicLink()
        ? await readlink(full)
        : stats.isFile()
          ? createHash("sha256")
              .update(await readFile(full))
              .digest("hex")
              .slice(0, 16)
          : "";
      const same = first === path ? "" : ` = ${first}`;
      const time = stats.isDirectory() && !folderTimes ? "" : stats.mtimeNs / 1000n;
      described[path] = `${stats.mode.toString(8)} ${time} ${content}${same}`;
      if (stats.isDirectory()) await visit(path);
    }
  }
  await visit("");
  return described;
}
