import { mkdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { NodeConfig } from "slipway/driver";

/** What is kept of a node on disk. */
export interface NodeFolder {
  /** All of it. */
  path: string;
  /** Buildah's images and layers. */
  storage: string;
  /** What Buildah calls the working containers of builds; in memory, see buildah.ts. */
  containers: string;
  /** Files that Buildah is given; in memory, too. */
  files: string;
  /** Files of builds while they run. */
  temporary: string;
  /** Tells that the node was booted, and with which storage driver. */
  marker: string;
}

/** Where a node's files are: below `$XDG_STATE_HOME`, for all hosts of this user. */
export function folderOf({ node, options }: NodeConfig): NodeFolder {
  const { XDG_STATE_HOME = "" } = process.env;
  const state = isAbsolute(XDG_STATE_HOME) ? XDG_STATE_HOME : join(homedir(), ".local", "state");
  const path = join(state, "slipway", "buildah", node);
  const storage = join(path, "storage");
  const containers = join(storage, `${options["storage-driver"]}-containers`);
  return {
    path,
    storage,
    containers,
    files: join(containers, "files"),
    temporary: join(path, "tmp"),
    marker: join(path, "storage-driver"),
  };
}

/** Makes the folders of a node that are missing. */
export async function makeFolders({ containers, temporary }: NodeFolder): Promise<void> {
  for (const folder of [containers, temporary]) await mkdir(folder, { recursive: true, mode: 0o700 });
}

/** Notes that the node was booted. */
export function markBooted(config: NodeConfig): Promise<void> {
  return writeFile(folderOf(config).marker, config.options["storage-driver"]!);
}

/** The storage driver that the node was booted with; undefined when it was not. */
export function bootedWith(config: NodeConfig): Promise<string | undefined> {
  return readFile(folderOf(config).marker, "utf8").catch(() => undefined);
}
