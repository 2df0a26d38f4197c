import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The access file: the one that a flag names, or the default one. */
export function accessFile(flag: string | undefined): string {
  if (flag) return resolve(flag);
  return join(process.env.XDG_CONFIG_HOME || join(homedir(), ".config"), "slipway", "access.toml");
}
