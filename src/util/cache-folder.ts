import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** The user's folder for what can be made again: `$XDG_CACHE_HOME/slipway`. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const given = env.XDG_CACHE_HOME;
  return join(given && isAbsolute(given) ? given : join(homedir(), ".cache"), "slipway");
}
