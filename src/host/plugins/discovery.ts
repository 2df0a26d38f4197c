import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type Machine, type Manifest, manifestName, parseManifest } from "./manifest.js";
import { distrust, programFiles } from "./trust.js";

/** A folder in which plugins are looked for, each in a folder of its own. */
export interface SearchFolder {
  /** Absolute path; need not exist. A plugin's own folder will do, too. */
  path: string;
  /** Part of the program itself: its files are as trustworthy as the host's, whoever owns them. */
  bundled?: boolean;
}

/** A plugin as its folder shows it. Nothing was executed to learn this. */
export type Candidate =
  | { state: "usable"; name: string; folder: string; manifest: Manifest; note: string; drivers: string[] }
  | { state: "invalid"; name: string; folder: string; reason: string }
  | { state: "shadowed"; name: string; folder: string; manifest: Manifest; reason: string };

/** The folders in which plugins are looked for, the first one first. */
export function pluginSearchPath(env: NodeJS.ProcessEnv, bundled?: string): SearchFolder[] {
  const given = env.SLIPWAY_PLUGIN_PATH?.split(":").filter((path) => path.startsWith("/")) ?? [];
  const data = env.XDG_DATA_HOME?.startsWith("/") ? env.XDG_DATA_HOME : join(homedir(), ".local/share");
  return [
    ...[
      ...given,
      join(data, "slipway/plugins"),
      "/usr/local/lib/slipway/plugins",
      "/usr/lib/slipway/plugins",
    ].map((path) => ({ path })),
    ...(bundled ? [{ path: bundled, bundled: true }] : []),
  ];
}

/** Finds all plugins, usable or not, in search order. A missing folder has none. */
export async function discover(
  searchPath: SearchFolder[],
  machine: Machine = { platform: process.platform, arch: process.arch, node: process.execPath },
): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  const seen = new Set<string>();
  for (const search of searchPath) {
    for (const folder of await pluginFolders(search.path)) {
      const real = await realpath(folder);
      if (seen.has(real)) continue;
      seen.add(real);
      candidates.push(shadow(candidates, await read(real, search.bundled ?? false, machine)));
    }
  }
  return candidates;
}

async function pluginFolders(path: string): Promise<string[]> {
  if (await exists(join(path, manifestName))) return [path];
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw error;
  });
  const folders: string[] = [];
  for (const name of names.sort()) {
    if (!name.startsWith(".") && (await exists(join(path, name, manifestName))))
      folders.push(join(path, name));
  }
  return folders;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function read(folder: string, bundled: boolean, machine: Machine): Promise<Candidate> {
  let name = basename(folder);
  const invalid = (reason: string): Candidate => ({ state: "invalid", name, folder, reason });
  try {
    const path = join(folder, manifestName);
    const untrusted = bundled ? undefined : ((await distrust(path)) ?? (await distrust(folder)));
    if (untrusted) return invalid(untrusted);
    const manifest = parseManifest(await readFile(path, "utf8"), folder, machine);
    name = manifest.name;
    const files = await programFiles(manifest, folder);
    if (!files.includes(manifest.command[0])) return invalid(`its program ${manifest.command[0]} is missing`);
    for (const file of bundled ? [] : files) {
      const reason = (await distrust(file)) ?? (await distrust(dirname(file)));
      if (reason) return invalid(reason);
    }
    return { state: "usable", name, folder, manifest, note: "", drivers: manifest.drivers };
  } catch (cause) {
    return invalid((cause as Error).message);
  }
}

/** What comes first keeps its name and its drivers. */
function shadow(before: Candidate[], candidate: Candidate): Candidate {
  if (candidate.state !== "usable") return candidate;
  const { name, folder, manifest } = candidate;
  const usable = before.filter((other) => other.state === "usable");
  const namesake = usable.find((other) => other.name === name);
  if (namesake) {
    const reason = `the plugin of the same name in ${namesake.folder} comes first`;
    return { state: "shadowed", name, folder, manifest, reason };
  }
  const taken = new Map<string, string>();
  for (const driver of manifest.drivers) {
    const owner = usable.find((other) => other.drivers.includes(driver));
    if (owner) taken.set(driver, owner.name);
  }
  if (taken.size === 0) return candidate;
  const note = [...taken]
    .map(([driver, owner]) => `its driver ${driver} comes first in the plugin ${owner}`)
    .join("; ");
  const drivers = manifest.drivers.filter((driver) => !taken.has(driver));
  if (drivers.length > 0) return { ...candidate, note, drivers };
  return { state: "shadowed", name, folder, manifest, reason: note };
}
