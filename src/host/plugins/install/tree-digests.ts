import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

/** SHA-256 in hex of every file below a folder, by path with forward slashes; for a link, the hash of its target. */
export async function treeDigests(folder: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => ({ entry, path: join(entry.parentPath, entry.name) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { entry, path } of paths) {
    const hash = createHash("sha256");
    if (entry.isSymbolicLink()) hash.update(await readlink(path));
    else await pipeline(createReadStream(path), hash);
    digests[path.slice(folder.length + 1)] = hash.digest("hex");
  }
  return digests;
}

/** A digest over all files. */
export function digestOfAll(digests: Record<string, string>): string {
  const hash = createHash("sha256");
  for (const [path, digest] of Object.entries(digests).sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${digest}  ${path}\n`);
  return hash.digest("hex");
}

/** Lists how the files of a folder differ from the expected digests. */
export async function treeProblems(folder: string, expected: Record<string, string>): Promise<string[]> {
  const actual = await treeDigests(folder);
  const paths = [...new Set([...Object.keys(expected), ...Object.keys(actual)])].sort();
  return paths.flatMap((path) => {
    if (!(path in actual)) return [`${join(folder, path)} is missing`];
    if (!(path in expected)) return [`${join(folder, path)} was added after the installation`];
    if (actual[path] === expected[path]) return [];
    return [`${join(folder, path)} has SHA-256 ${actual[path]}, but the lock file has ${expected[path]}`];
  });
}
