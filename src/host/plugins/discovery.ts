import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Machine, type Manifest, manifestName, parseManifest } from "../../plugin-protocol/manifest.js";
import { dataFolder } from "../../util/data-folder.js";
import type { LockedPlugin, PluginLock } from "./install/lock-file.js";
import { missingFile, programFiles, whyUntrusted } from "./trust.js";

/** A folder that is searched for plugins, each in a subfolder. */
export interface SearchFolder {
  /** Absolute path; need not exist. May also be the folder of one plugin. */
  path: string;
  /** Part of the program: its files are trusted like the host's own, whoever owns them. */
  bundled?: boolean;
  /** The lock file lists the files of the plugins in it. */
  locked?: boolean;
}

/** A plugin that was found. */
export interface FoundPlugin {
  manifest: Manifest;
  folder: string;
  /** Its entry in the lock file, if it was installed. */
  locked?: LockedPlugin;
}

/** A plugin as its folder describes it; nothing is executed. */
export type Candidate = { name: string; folder: string } & (
  | { state: "usable"; manifest: Manifest; locked?: LockedPlugin; note: string; drivers: string[] }
  | { state: "invalid"; locked?: LockedPlugin; reason: string; drivers: string[] }
  | { state: "shadowed" | "disabled"; manifest: Manifest; locked?: LockedPlugin; reason: string }
);

/** The plugin search folders in order of precedence. */
export function pluginSearchPath(env: NodeJS.ProcessEnv, bundled?: string): SearchFolder[] {
  const given = env.SLIPWAY_PLUGIN_PATH?.split(":").filter((path) => path.startsWith("/")) ?? [];
  return [
    ...given.map((path) => ({ path })),
    { path: join(dataFolder(env), "plugins"), locked: true },
    ...["/usr/local/lib/slipway/plugins", "/usr/lib/slipway/plugins"].map((path) => ({ path })),
    ...(bundled ? [{ path: bundled, bundled: true }] : []),
  ];
}

/** Finds all plugins, usable or not, in search order. A missing folder is empty. */
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
      candidates.push(shadow(candidates, disable(lock, candidate)));
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

/** A disabled plugin stays listed, but does not provide its drivers. */
function disable(lock: PluginLock, candidate: Candidate): Candidate {
  if (candidate.state !== "usable" || !lock.disabled.includes(candidate.name)) return candidate;
  const { name, folder, manifest, locked } = candidate;
  const reason = "the user has disabled it";
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
  let drivers: string[] = [];
  const invalid = (reason: string): Candidate => ({
    state: "invalid",
    name,
    folder,
    locked,
    reason,
    drivers,
  });
  try {
    const path = join(folder, manifestName);
    const untrusted = bundled ? undefined : ((await whyUntrusted(path)) ?? (await whyUntrusted(folder)));
    if (untrusted) return invalid(untrusted);
    const manifest = parseManifest(await readFile(path, "utf8"), folder, machine);
    ({ name, drivers } = manifest);
    const missing = await missingFile(manifest, folder);
    if (missing) return invalid(missing);
    const files = await programFiles(manifest, folder);
    for (const file of bundled ? [] : files) {
      const reason = (await whyUntrusted(file)) ?? (await whyUntrusted(dirname(file)));
      if (reason) return invalid(reason);
    }
    return { state: "usable", name, folder, manifest, locked, note: "", drivers };
  } catch (cause) {
    return invalid((cause as Error).message);
  }
}

/** The first plugin with a name or driver takes precedence. */
function shadow(before: Candidate[], candidate: Candidate): Candidate {
  if (candidate.state !== "usable") return candidate;
  const { name, folder, manifest, locked } = candidate;
  const usable = before.filter((other) => other.state === "usable");
  const namesake = usable.find((other) => other.name === name);
  if (namesake) {
    const reason = `a plugin with the same name in ${namesake.folder} takes precedence`;
    return { state: "shadowed", name, folder, manifest, locked, reason };
  }
  return withoutTaken(candidate, (driver) => usable.find(({ drivers }) => drivers.includes(driver))?.name);
}

/**
 * A plugin without the drivers that come from others; shadowed when none is left.
 * @param ownerOf the other plugin that has a driver
 */
export function withoutTaken(
  candidate: Candidate,
  ownerOf: (driver: string) => string | undefined,
): Candidate {
  if (candidate.state !== "usable") return candidate;
  const notes = candidate.drivers.flatMap((driver) => {
    const owner = ownerOf(driver);
    return owner === undefined ? [] : [`the driver ${driver} is taken from the plugin ${owner}`];
  });
  if (notes.length === 0) return candidate;
  const note = [candidate.note, ...notes].filter(Boolean).join("; ");
  const drivers = candidate.drivers.filter((driver) => ownerOf(driver) === undefined);
  if (drivers.length > 0 || candidate.manifest.policyLanguages.length > 0)
    return { ...candidate, note, drivers };
  const { name, folder, manifest, locked } = candidate;
  return { state: "shadowed", name, folder, manifest, locked, reason: note };
}
