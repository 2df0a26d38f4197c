import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { lockInstance } from "../../../host-address/instance-lock.js";
import {
  type Machine,
  type Manifest,
  ManifestError,
  manifestName,
  parseManifest,
} from "../../../plugin-protocol/manifest.js";
import { withPeriod } from "../../../util/with-period.js";
import { checksumMismatch, missingFile } from "../trust.js";
import { alreadyInstalled, installRefused, notInstalled, pathNotAbsolute } from "./install-errors.js";
import { type PluginLock, readLock, writeLock } from "./lock-file.js";
import { stage } from "./stage.js";
import { treeDigests } from "./tree-digests.js";

/** How long to wait for another host that changes the plugin folder, in milliseconds. */
const lockWaitMs = 30_000;

/** Request to install a plugin. */
export interface InstallRequest {
  /** Absolute path of a folder or archive. */
  path: string;
  /** "sha256:<hex>" of the archive; not checked when empty. */
  digest: string;
  replace: boolean;
}

/**
 * The plugins that this user installed: a folder for each, and a lock file with the SHA-256 of every file. One process
 * at a time makes changes, and each change is atomic.
 */
export class PluginInstallation {
  /** Folder of the installed plugins. */
  readonly folder: string;
  readonly #lockFile: string;

  /** @param dataDir `$XDG_DATA_HOME/slipway` */
  constructor(
    private readonly dataDir: string,
    private readonly machine: Machine,
  ) {
    this.folder = join(dataDir, "plugins");
    this.#lockFile = join(dataDir, "plugins-lock.json");
  }

  /** Reads the lock file. */
  read(): Promise<PluginLock> {
    return readLock(this.#lockFile);
  }

  /** Installs a plugin and returns its name. */
  async install({ path, digest, replace }: InstallRequest): Promise<string> {
    if (!isAbsolute(path)) throw pathNotAbsolute(path);
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const staging = await mkdtemp(join(this.folder, ".staging-"));
    try {
      const fresh = join(staging, "new");
      await mkdir(fresh, { mode: 0o755 });
      const staged = await stage(path, digest, fresh);
      const { name, version } = await this.#checked(staged);
      const files = await treeDigests(staged);
      await this.#change(async (lock) => {
        const before = lock.plugins[name];
        if (before && !replace) throw alreadyInstalled(name, before.version);
        const folder = join(this.folder, name);
        await rename(folder, join(staging, "old")).catch(ignoreMissing);
        await rename(staged, folder);
        lock.plugins[name] = { version, source: path, installTime: new Date().toISOString(), files };
      });
      return name;
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }

  /** Deletes an installed plugin; `folder` is its location for the error when it was not installed. */
  async remove(name: string, folder: string): Promise<void> {
    await this.#change(async (lock) => {
      if (!lock.plugins[name]) throw notInstalled(name, folder);
      const { [name]: _, ...rest } = lock.plugins;
      lock.plugins = rest;
      lock.disabled = lock.disabled.filter((other) => other !== name);
      await rm(join(this.folder, name), { recursive: true, force: true });
    });
  }

  /** Enables or disables a plugin. */
  async setEnabled(name: string, enabled: boolean): Promise<void> {
    await this.#change(async (lock) => {
      const others = lock.disabled.filter((other) => other !== name);
      lock.disabled = enabled ? others : [...others, name].sort();
    });
  }

  async #checked(folder: string): Promise<Manifest> {
    try {
      const manifest = parseManifest(
        await readFile(join(folder, manifestName), "utf8"),
        folder,
        this.machine,
      );
      const problem = (await checksumMismatch(manifest)) ?? (await missingFile(manifest, folder));
      if (!problem) return manifest;
      const reason = problem.includes("SHA-256") ? "PLUGIN_CHECKSUM_MISMATCH" : "PLUGIN_INVALID";
      throw installRefused(reason, "path", notInstallable(problem.replaceAll(`${folder}/`, "")));
    } catch (cause) {
      if (cause instanceof ManifestError)
        throw installRefused("PLUGIN_INVALID", "path", notInstallable(cause.message));
      throw cause;
    }
  }

  async #change(work: (lock: PluginLock) => Promise<void>): Promise<void> {
    await mkdir(this.dataDir, { recursive: true, mode: 0o700 });
    const held = await lockInstance(join(this.dataDir, "plugins-lock"), { waitMs: lockWaitMs });
    try {
      const lock = await this.read();
      await work(lock);
      await writeLock(this.#lockFile, lock);
    } finally {
      await held.release();
    }
  }
}

function notInstallable(why: string): string {
  return `The plugin cannot be installed: ${withPeriod(why)}`;
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}
