import { lstat, mkdir, readFile, readlink, rename, rm, rmdir, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { dockerConfigDir } from "../../config/docker-config.js";
import { InputError } from "../../errors/input-error.js";
import { writeAtomically } from "../../util/write-atomically.js";
import type { EarlierAlias } from "./builder-alias.js";

/** What was installed, and what is needed to undo it. */
export interface Installed {
  /** By name of the plugin's file. */
  links: Record<string, { target: string; replaced: boolean }>;
  /** The folder did not exist. */
  madeFolder?: boolean;
  /** `aliases.builder` of docker's configuration was set to buildx; this was before. */
  alias?: EarlierAlias;
}

/** What a file of the folder is: this program as it was installed, another program, or none. */
export type PluginState = "installed" | "other" | "none";

/**
 * Docker's folder of plugins of this user, where this program is linked. What a link replaces is kept beside it, under a
 * name that docker ignores. Each step can be repeated after a crash: first the record is written that undoes it.
 */
export class PluginFolder {
  readonly path: string;

  /** @param configDir folder of docker's configuration */
  constructor(readonly configDir = dockerConfigDir()) {
    this.path = join(configDir, "cli-plugins");
  }

  /** What was installed. */
  async installed(): Promise<Installed> {
    const text = await readFile(this.#record, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return "";
      throw error;
    });
    try {
      return text ? JSON.parse(text) : { links: {} };
    } catch {
      throw new InputError({
        reason: "DOCKER_PLUGIN_CHANGED",
        field: "",
        message: `The file ${this.#record}, which says what was installed, is damaged.`,
        remedy: `Remove it, and the links in ${this.path} by hand.`,
      });
    }
  }

  /** Changes the record of what was installed. Without anything it is removed, and so is the folder if it was made for it. */
  async record(installed: Installed): Promise<void> {
    if (installed.alias || Object.keys(installed.links).length > 0)
      return writeAtomically(this.#record, JSON.stringify(installed));
    await rm(this.#record, { force: true });
    // Others may have put their plugins there.
    if (installed.madeFolder) await rmdir(this.path).catch(() => {});
  }

  /** The path of a plugin. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** Where the file is kept that a link replaced. */
  kept(name: string): string {
    return join(this.path, `.${name}.before-slipway`);
  }

  /** Makes the folder; true if it did not exist. */
  async make(): Promise<boolean> {
    return (await mkdir(this.path, { recursive: true, mode: 0o700 })) !== undefined;
  }

  /** What is there under a plugin's name. */
  async state(name: string, target: string | undefined): Promise<PluginState> {
    if (!(await exists(this.file(name)))) return "none";
    const link = await readlink(this.file(name)).catch(() => undefined);
    return target !== undefined && link === target ? "installed" : "other";
  }

  /** Links a plugin to this program. DOCKER_PLUGIN_CHANGED if the link of before was replaced. */
  async link(name: string, target: string, installed: Installed): Promise<void> {
    const before = installed.links[name];
    const state = await this.state(name, before?.target);
    const isKept = await exists(this.kept(name));
    if (state === "other" && isKept) throw this.#changed(name);
    const replaced = isKept || state === "other";
    installed.links[name] = { target, replaced };
    await this.record(installed);
    if (state === "other") await rename(this.file(name), this.kept(name));
    const temporary = join(this.path, `.${name}.slipway-new`);
    await rm(temporary, { force: true });
    await symlink(target, temporary);
    await rename(temporary, this.file(name));
  }

  /**
   * Puts back what was there before a plugin was linked. DOCKER_PLUGIN_CHANGED if that would remove another program.
   * Returns false when another program took the link's place, where there was none before: it stays.
   */
  async restore(name: string, installed: Installed): Promise<boolean> {
    const state = await this.state(name, installed.links[name]?.target);
    const isKept = await exists(this.kept(name));
    if (state === "other" && isKept) throw this.#changed(name);
    if (isKept) await rename(this.kept(name), this.file(name));
    else if (state === "installed") await rm(this.file(name));
    const isReplaced = state === "other" && installed.links[name]?.replaced === false;
    delete installed.links[name];
    await this.record(installed);
    return !isReplaced;
  }

  get #record(): string {
    return join(this.path, ".slipway.json");
  }

  #changed(name: string): InputError {
    return new InputError({
      reason: "DOCKER_PLUGIN_CHANGED",
      field: "",
      message: `${this.file(name)} is another program than was installed, and ${this.kept(name)} is the one from before.`,
      remedy: "Remove the one that you do not need, and run the command again.",
    });
  }
}

/** The path by which docker runs this program: as it was called, so that an update in place is used too. */
export async function ownProgram(folder: PluginFolder, program = process.argv[1]!): Promise<string> {
  return dirname(program) === folder.path ? readlink(program) : program;
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
