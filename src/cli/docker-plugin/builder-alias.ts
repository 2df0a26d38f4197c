import { execFile } from "node:child_process";
import { readFile, realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { InputError } from "../../errors/input-error.js";
import { isJsonObject } from "../../util/is-json-object.js";
import { writeAtomically } from "../../util/write-atomically.js";

/** The plugin that docker's CLI runs for `docker build` and `docker builder`. */
const alias = "buildx";

/** Whether docker's CLI runs buildx for `docker build` only with an alias: before version 23. */
export async function needsAlias(): Promise<boolean> {
  const { stdout } = await promisify(execFile)("docker", ["--version"], { timeout: 10_000 }).catch(() => ({
    stdout: "",
  }));
  const major = /^Docker version (\d+)\./.exec(stdout)?.[1];
  return major !== undefined && Number(major) < 23;
}

/** The alias of docker's configuration before it was set. */
export interface EarlierAlias {
  /** Undefined for none. */
  value?: string;
  /** There was no configuration. */
  noConfig?: boolean;
}

/** What {@link setAlias} would replace. */
export async function earlierAlias(configDir: string): Promise<EarlierAlias> {
  const config = await readConfig(await configFile(configDir));
  return { value: aliasesOf(config ?? {}).builder as string | undefined, noConfig: config === undefined };
}

/** Sets `aliases.builder` of docker's configuration. */
export async function setAlias(configDir: string): Promise<void> {
  const path = await configFile(configDir);
  const config = (await readConfig(path)) ?? {};
  await write(path, { ...config, aliases: { ...aliasesOf(config), builder: alias } });
}

/** Sets the alias to what it was before. One that was changed meanwhile stays. */
export async function restoreAlias(configDir: string, before: EarlierAlias): Promise<void> {
  const path = await configFile(configDir);
  const { aliases: present, ...others } = (await readConfig(path)) ?? {};
  const { builder, ...otherAliases } = aliasesOf({ aliases: present });
  if (builder !== alias) return;
  const aliases = { ...otherAliases, ...(before.value !== undefined && { builder: before.value }) };
  const config = Object.keys(aliases).length > 0 ? { ...others, aliases } : others;
  if (before.noConfig && Object.keys(config).length === 0) await rm(path);
  else await write(path, config);
}

function aliasesOf({ aliases }: Record<string, unknown>): Record<string, unknown> {
  return isJsonObject(aliases) ? aliases : {};
}

/** The file itself: often it is a link to one that is kept elsewhere. */
async function configFile(configDir: string): Promise<string> {
  const path = join(configDir, "config.json");
  return realpath(path).catch(() => path);
}

async function write(path: string, config: object): Promise<void> {
  // As docker itself writes it.
  await writeAtomically(path, JSON.stringify(config, undefined, "\t"));
}

/** Undefined if there is no configuration. */
async function readConfig(path: string): Promise<Record<string, unknown> | undefined> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    const config: unknown = text.trim() ? JSON.parse(text) : {};
    if (isJsonObject(config)) return config;
  } catch {
    // Reported below.
  }
  throw new InputError({
    reason: "DOCKER_PLUGIN_UNUSABLE",
    field: "",
    message: `Docker's configuration ${path} is not a JSON object.`,
    remedy:
      "Correct it. Docker's CLI before version 23 needs an alias in it to run a plugin for docker build.",
  });
}
