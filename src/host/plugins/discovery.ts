import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type Machine, type Manifest, manifestName, parseManifest } from "../../plugin-protocol/manifest.js";
import type { LockedPlugin, PluginLock } from "./install/lock-file.js";
import { distrust, missingFile, programFiles } from "./trust.js";

/** A folder in which plugins are looked for, each in a folder of its own. */
export interface SearchFolder {
  /** Absolute path; need not exist. A plugin's own folder will do, too. */
  path: string;
  /** Part of the program itself: its files are as trustworthy as the host's, whoever owns them. */
  bundled?: boolean;
  /** The lock file tells the files of the plugins in it. */
  locked?: boolean;
}

/** A plugin as it was found. */
export interface FoundPlugin {
  manifest: Manifest;
  folder: string;
  /** What the lock file says of it, if it was installed. */
  locked?: LockedPlugin;
}

/** A plugin as its folder shows it. Nothing was executed to learn this. */
export type Candidate = { name: string; folder: string } & (
  | { state: "usable"; manifest: Manifest; locked?: LockedPlugin; note: string; drivers: string[] }
  | { state: "invalid"; locked?: LockedPlugin; reason: string }
  | { state: "shadowed" | "disabled"; manifest: Manifest; locked?: LockedPlugin; reason: string }
);

/** The folder of what belongs to a user: `$XDG_DATA_HOME/slipway`. */
export function dataDir(env: NodeJS.ProcessEnv): string {
  const data = env.XDG_DATA_HOME?.startsWith("/") ? env.XDG_DATA_HOME : join(homedir(), ".local/share");
  return join(data, "slipway");
}

/** The folders in which plugins are looked for, the first one first. */
export function pluginSearchPath(env: NodeJS.ProcessEnv, bundled?: string): SearchFolder[] {
  const given = env.SLIPWAY_PLUGIN_PATH?.split(":").filter((path) => path.startsWith("/")) ?? [];
  return [
    ...given.map((path) => ({ path })),
    { path: join(dataDir(env), "plugins"), locked: true },
    ...["/usr/local/lib/slipway/plugins", "/usr/lib/slipway/plugins"].map((path) => ({ path })),
    ...(bundled ? [{ path: bundled, bundled: true }] : []),
  ];
}

/** Finds all plugins, usable or not, in search order. A missing folder has none. */
export async function discover(
  searchPath: SearchFolder[],
  machine: Machine = thisMachine,
  lock: PluginLock = { plugins: {}, disabled: [] },
): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  const seen = new Set<string>();
  for (const search of searchPath) {
    for (const folder of await pluginFolders(search.path)) {
      const real = await realpath(folder);
      if (seen.has(real)) continue;
      seen.add(real);
      const locked = search.locked ? lock.plugins[basename(real)] : undefined;
      const candidate = await read(real, { ...search, machine, locked });
      candidates.push(disable(lock, shadow(candidates, candidate)));
    }
  }
  return candidates;
}

/** The machine that the host runs on. */
export const thisMachine: Machine = {
  platform: process.platform,
  arch: process.arch,
  node: process.execPath,
};

/** What was taken out of use stays listed, and leaves its drivers to others. */
function disable(lock: PluginLock, candidate: Candidate): Candidate {
  if (candidate.state !== "usable" || !lock.disabled.includes(candidate.name)) return candidate;
  const { name, folder, manifest, locked } = candidate;
  const reason = `it was taken out of use; \`slipway plugins enable ${name}\` brings it back`;
  return { state: "disabled", name, folder, manifest, locked, reason };
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

interface ReadOptions {
  bundled?: boolean;
  machine: Machine;
  locked?: LockedPlugin;
}

async function read(folder: string, { bundled, machine, locked }: ReadOptions): Promise<Candidate> {
  let name = basename(folder);
  const invalid = (reason: string): Candidate => ({ state: "invalid", name, folder, locked, reason });
  try {
    const path = join(folder, manifestName);
    const untrusted = bundled ? undefined : ((await distrust(path)) ?? (await distrust(folder)));
    if (untrusted) return invalid(untrusted);
    const manifest = parseManifest(await readFile(path, "utf8"), folder, machine);
    name = manifest.name;
    const missing = await missingFile(manifest, folder);
    if (missing) return invalid(missing);
    const files = await programFiles(manifest, folder);
    for (const file of bundled ? [] : files) {
      const reason = (await distrust(file)) ?? (await distrust(dirname(file)));
      if (reason) return invalid(reason);
    }
    return { state: "usable", name, folder, manifest, locked, note: "", drivers: manifest.drivers };
  } catch (cause) {
    return invalid((cause as Error).message);
  }
}

/** What comes first keeps its name and its drivers. */
function shadow(before: Candidate[], candidate: Candidate): Candidate {
  if (candidate.state !== "usable") return candidate;
  const { name, folder, manifest, locked } = candidate;
  const usable = before.filter((other) => other.state === "usable");
  const namesake = usable.find((other) => other.name === name);
  if (namesake) {
    const reason = `the plugin of the same name in ${namesake.folder} comes first`;
    return { state: "shadowed", name, folder, manifest, locked, reason };
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
  return { state: "shadowed", name, folder, manifest, locked, reason: note };
}
