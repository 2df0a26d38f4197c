import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";
import { defaultSocketPath, type HostEnvironment } from "./socket-path.js";

/** The user's folder for what programs keep: `$XDG_STATE_HOME/slipway`. */
export function userStateFolder(environment: HostEnvironment = process.env): string {
  return join(environment.XDG_STATE_HOME || join(homedir(), ".local/state"), "slipway");
}

/**
 * The default state folder of the host on a socket: {@link userStateFolder}. A socket other than the default one has
 * a folder of its own below it, so that two hosts can run at the same time.
 */
export function defaultStateDir(socket: string, environment: HostEnvironment = process.env): string {
  const folder = userStateFolder(environment);
  if (socket === defaultSocketPath(environment)) return folder;
  return join(folder, "hosts", createHash("sha256").update(socket).digest("hex").slice(0, 16));
}
