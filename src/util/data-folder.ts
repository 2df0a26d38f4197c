import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** The user's data folder: `$XDG_DATA_HOME/slipway`. */
export function dataFolder(env: NodeJS.ProcessEnv): string {
  const given = env.XDG_DATA_HOME;
  return join(given && isAbsolute(given) ? given : join(homedir(), ".local/share"), "slipway");
}
