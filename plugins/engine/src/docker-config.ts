import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join, normalize } from "node:path";
import type { Environment } from "slipway/driver";
import { endpointError } from "./engine-error.js";

/** The folder of the docker CLI's configuration when DOCKER_CONFIG is not set. */
export function defaultConfigDir(): string {
  return join(homedir(), ".docker");
}

/** The folder of the docker CLI's configuration that the user's environment selects. */
export function configDirOf(environment: Environment): string {
  return absoluteFolder(environment, "DOCKER_CONFIG") ?? defaultConfigDir();
}

/** The folder in a variable of the user. It must be absolute, since the user's working directory is unknown here. */
export function absoluteFolder(environment: Environment, variable: string): string | undefined {
  const value = environment[variable];
  if (!value) return undefined;
  if (!isAbsolute(value))
    throw endpointError(
      "ENVIRONMENT_INVALID",
      `${variable} is the relative path "${value}".`,
      `Set ${variable} to an absolute path.`,
    );
  return normalize(value).replace(/(?<=.)\/$/, "");
}

/** The context that `docker context use` selected, from `config.json`; undefined when none is selected. */
export async function readCurrentContext(configDir: string): Promise<string | undefined> {
  const path = join(configDir, "config.json");
  try {
    const { currentContext } = JSON.parse(await readFile(path, "utf8")) ?? {};
    return typeof currentContext === "string" && currentContext !== "" ? currentContext : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw endpointError(
      "DOCKER_CONFIG_UNREADABLE",
      `The docker configuration ${path} cannot be read: ${(error as Error).message}.`,
      "Repair the file, or set DOCKER_CONFIG to another folder.",
    );
  }
}
