import { mkdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { NodeConfig } from "slipway/driver";

/** The paths of a node. */
export interface NodeFolder {
  /** The node's folder. */
  path: string;
  /** Buildah's images and layers. */
  storage: string;
  /** Buildah's working containers; in memory, see buildah.ts. */
  containers: string;
  /** Files for Buildah; also in memory. */
  files: string;
  /** Files of running builds. */
  temporary: string;
  /** Exists once the node was booted; contains the storage driver. */
  marker: string;
}

/** The paths of a node, below `$XDG_STATE_HOME`; all hosts of this user share them. */
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

/** Creates the missing folders of a node. */
export async function makeFolders({ containers, temporary }: NodeFolder): Promise<void> {
  for (const folder of [containers, temporary]) await mkdir(folder, { recursive: true, mode: 0o700 });
}

/** Records that the node was booted. */
export function markBooted(config: NodeConfig): Promise<void> {
  return writeFile(folderOf(config).marker, config.options["storage-driver"]!);
}

/** The storage driver with which the node was booted; undefined when it was not booted. */
export function bootedWith(config: NodeConfig): Promise<string | undefined> {
  return readFile(folderOf(config).marker, "utf8").catch(() => undefined);
}
