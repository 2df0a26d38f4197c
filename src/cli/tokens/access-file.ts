import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The access file to work with: the one that a flag names, or the usual one. */
export function accessFile(flag: string | undefined): string {
  if (flag) return resolve(flag);
  return join(process.env.XDG_CONFIG_HOME || join(homedir(), ".config"), "slipway", "access.toml");
}
