import { readFile } from "node:fs/promises";
import { writeAtomically } from "../../../util/write-atomically.js";

/** An installed plugin. */
export interface LockedPlugin {
  version: string;
  /** Folder or archive from which it was installed. */
  source: string;
  /** RFC 3339. */
  installTime: string;
  /** SHA-256 in hex of each file, by relative path with forward slashes. */
  files: Record<string, string>;
}

/** The lock file: installed and disabled plugins. */
export interface PluginLock {
  /** Installed plugins by name. */
  plugins: Record<string, LockedPlugin>;
  /** Names of disabled plugins, installed or not. */
  disabled: string[];
}

const lockVersion = 1;

/** Reads the lock file; a missing file is empty. Throws when it is damaged, because its checksums cannot be trusted. */
export async function readLock(path: string): Promise<PluginLock> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return { plugins: {}, disabled: [] };
  try {
    const json = JSON.parse(text);
    if (json.lockVersion !== lockVersion)
      throw new Error(
        `its lockVersion is ${JSON.stringify(json.lockVersion)}; only ${lockVersion} is supported`,
      );
    const { plugins, disabled } = json;
    if (typeof plugins !== "object" || !Array.isArray(disabled)) throw new Error("it has no list of plugins");
    return { plugins, disabled };
  } catch (cause) {
    throw new Error(`The lock file ${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

/** Writes the lock file atomically. */
export async function writeLock(path: string, lock: PluginLock): Promise<void> {
  await writeAtomically(path, `${JSON.stringify({ lockVersion, ...lock }, null, 2)}\n`);
}
