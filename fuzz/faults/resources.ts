import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { childrenOf } from "../../bench/resident.js";
import type { HostProcess } from "../host-process.js";

/** What a host holds, by name: the number of its descriptors of each kind, processes, listening sockets and temporary files. */
export type Resources = ReadonlyMap<string, number>;

/** Looks at a host and its plugins. */
export async function resourcesOf({ pid, folder }: HostProcess): Promise<Resources> {
  const found = new Map<string, number>();
  const add = (name: string) => void found.set(name, (found.get(name) ?? 0) + 1);
  for (const { process, name } of await family(pid, "host")) {
    add(`process ${name}`);
    for (const kind of await descriptors(process)) add(`${kind} of ${name}`);
  }
  for (const path of await listeners(folder)) add(`listener ${path}`);
  for (const path of await temporaryFiles(folder)) add(`file ${path}`);
  return found;
}

/** What a host holds more than before. */
export function leaks(before: Resources, after: Resources): string[] {
  return [...after].flatMap(([name, count]) => {
    const more = count - (before.get(name) ?? 0);
    return more > 0 ? [`${more} × ${name}`] : [];
  });
}

/** A process and all below it. */
async function family(pid: number, name: string): Promise<{ process: number; name: string }[]> {
  const children = await childrenOf(pid);
  const below = await Promise.all(children.map(async (child) => family(child, await programOf(child))));
  return [{ process: pid, name }, ...below.flat()];
}

/** The script that a process runs. */
async function programOf(pid: number): Promise<string> {
  const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return line.split("\0").filter(Boolean).at(-1) ?? "gone";
}

/** Kinds of a process's descriptors: socket, pipe, or the path of a file. */
async function descriptors(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  const targets = await Promise.all(names.map((name) => readlink(join(folder, name)).catch(() => undefined)));
  return targets.flatMap((target) => (target === undefined ? [] : [target.replace(/:\[\d+\]$/, "")]));
}

/** Paths of unix sockets below a folder on which somebody listens; plugins have folders with random names. */
async function listeners(folder: string): Promise<string[]> {
  const lines = (await readFile("/proc/net/unix", "utf8")).split("\n");
  return lines.flatMap((line) => {
    const [, , , flags, , , , path] = line.split(/\s+/);
    const listens = flags === "00010000" && path?.startsWith(`${folder}/`);
    return listens ? [path!.slice(folder.length + 1).replace(/^r\/p\/[^/]+\/.*/, "of a plugin")] : [];
  });
}

/**
 * Files that must not stay: all but the database, the log, the contents of uploads, which are a cache, and the trees of
 * uploads, which the next host needs for as long as the uploads are kept.
 */
async function temporaryFiles(folder: string): Promise<string[]> {
  const kept = /^(state\/store|state\/uploads\/blobs\/|state\/uploads\/trees\/[\w-]+$|host\.log|r\/p\/)/;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files
    .map((file) => join(file.parentPath, file.name).slice(folder.length + 1))
    .filter((path) => !kept.test(path));
}
