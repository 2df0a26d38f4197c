import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ConfinedFolder } from "../../../util/confined-folder.js";
import { installRefused } from "./install-errors.js";

/** A new folder for a plugin's files. Nothing is written outside of it, and no link in it leads out of it. */
export class StagingFolder {
  private constructor(private readonly folder: ConfinedFolder) {}

  /** Opens an empty folder. Close it in the end. */
  static async open(path: string): Promise<StagingFolder> {
    return new StagingFolder(await ConfinedFolder.open(path));
  }

  /** Adds a folder. */
  addFolder(path: string): Promise<void> {
    return this.folder.makeFolder(path, 0o755);
  }

  /** Adds a file. Only its owner can write it; of its mode, only whether it is executable is kept. */
  async addFile(path: string, mode: number, content: Readable | AsyncIterable<Uint8Array>): Promise<void> {
    const file = await this.folder.createFile(path, mode & 0o111 ? 0o755 : 0o644);
    await pipeline(content, file.createWriteStream());
  }

  /** Adds a symbolic link; refuses one that leads out of the folder. */
  async addLink(path: string, target: string): Promise<void> {
    if (!staysInside(path, target)) {
      const message = `Its symbolic link ${path} points to ${target}, outside the plugin's folder.`;
      throw installRefused("PLUGIN_INVALID", "path", message);
    }
    await this.folder.symlink(target, path);
  }

  /** Closes the folder; the files stay. */
  close(): Promise<void> {
    return this.folder.close();
  }
}

/**
 * Whether a link stays inside, whatever other links its target passes through: ".." is allowed only at the start of the
 * target, where it refers to the real folder of the link.
 */
function staysInside(path: string, target: string): boolean {
  const names = (text: string) => text.split("/").filter((name) => name !== "" && name !== ".");
  const steps = names(target);
  const up = steps.findIndex((name) => name !== "..");
  const ups = up < 0 ? steps.length : up;
  return !target.startsWith("/") && !steps.slice(ups).includes("..") && ups < names(path).length;
}
