import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** What was installed under a plugin's name. */
export interface LockedPlugin {
  version: string;
  /** Folder or archive that it came from. */
  source: string;
  /** RFC 3339. */
  installTime: string;
  /** SHA-256 in hex of each file, by path in the plugin's folder with forward slashes. */
  files: Record<string, string>;
}

/** The lock file: what was installed, and what may not be used. */
export interface PluginLock {
  /** Installed plugins by name. */
  plugins: Record<string, LockedPlugin>;
  /** Names of plugins that are taken out of use, installed or not. */
  disabled: string[];
}

const lockVersion = 1;

/** Reads the lock file; one that is not there is empty. Throws when it is damaged: then nothing in it can be believed. */
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
        `its lockVersion is ${JSON.stringify(json.lockVersion)}, and only ${lockVersion} is known`,
      );
    const { plugins, disabled } = json;
    if (typeof plugins !== "object" || !Array.isArray(disabled)) throw new Error("it has no plugins");
    return { plugins, disabled };
  } catch (cause) {
    throw new Error(`the lock file ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** Writes the lock file whole or not at all. */
export async function writeLock(path: string, lock: PluginLock): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeFile(temporary, `${JSON.stringify({ lockVersion, ...lock }, null, 2)}\n`, { mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
