import { accessSync, constants, statSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { Code } from "@connectrpc/connect";
import { typedError } from "../errors/typed-error.js";
import { formatHostAddress, type HostAddress } from "../host-address/address.js";
import { dataFolder } from "../util/data-folder.js";
import { hostNodeFlags } from "../util/host-node-flags.js";

/** A program and its first arguments. */
export type Program = [program: string, ...args: string[]];

/**
 * The host's program, as the environment has it. The clients in other languages look in the same order: `$SLIPWAY`, the
 * package with the host, the PATH, the usual folders. Undefined when there is none.
 * @param folder of the module that looks for the package
 */
export function hostProgram(
  env: NodeJS.ProcessEnv,
  folder: string = import.meta.dirname,
): Program | undefined {
  if (env.SLIPWAY) return [env.SLIPWAY];
  const script = packagedScript(folder);
  if (script) return [process.execPath, ...hostNodeFlags, script];
  const folders = (env.PATH ?? "").split(delimiter).filter(Boolean);
  const found = [...folders.map((folder) => join(folder, "slipway")), ...usualPaths(env)].find(isProgram);
  return found ? [found] : undefined;
}

/** UNAVAILABLE, reason HOST_NOT_INSTALLED. */
export function hostNotInstalled(address: HostAddress) {
  return typedError({
    code: Code.Unavailable,
    reason: "HOST_NOT_INSTALLED",
    message: `No host listens on ${formatHostAddress(address)}, and its program is not installed.`,
    remedy: "Run `npm install slipway`, or set SLIPWAY to the path of the program.",
  });
}

/** The program in the package `slipway`, which can be the one that this module belongs to. */
function packagedScript(folder: string): string | undefined {
  try {
    const manifest = createRequire(join(folder, "module.js")).resolve("slipway/package.json");
    const script = join(dirname(manifest), "dist/cli.cjs");
    return isProgram(script) ? script : undefined;
  } catch {
    return undefined;
  }
}

/** Where installers put the program, also for processes whose PATH does not say so. */
function usualPaths(env: NodeJS.ProcessEnv): string[] {
  const shared = ["/usr/local/bin/slipway", "/usr/bin/slipway"];
  try {
    return [join(dataFolder(env), "host/current/bin/slipway"), ...shared];
  } catch {
    // This user has no home folder.
    return shared;
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
