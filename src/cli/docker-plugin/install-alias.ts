import { mkdir } from "node:fs/promises";
import { dockerConfigDir } from "../../config/docker-config.js";
import { printError } from "../output/print.js";
import { restoreAlias, setAlias } from "./builder-alias.js";
import { changing } from "./changing.js";

/** `slipway install`: sets docker's alias, whatever it was. */
export async function installAlias(configDir = dockerConfigDir()): Promise<void> {
  warn("install", "slipway docker-plugin install --as-buildx");
  await changing(configDir, async () => {
    await mkdir(configDir, { recursive: true, mode: 0o700 });
    await setAlias(configDir);
  });
}

/** `slipway uninstall`: removes docker's alias if it is buildx. */
export async function uninstallAlias(configDir = dockerConfigDir()): Promise<void> {
  warn("uninstall", "slipway docker-plugin uninstall");
  await changing(configDir, () => restoreAlias(configDir, {}));
}

function warn(command: string, better: string): void {
  printError(`WARNING: The command ${command} is deprecated. Use ${better}.\n`);
}
