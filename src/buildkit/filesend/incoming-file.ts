import { randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path/posix";
import { toPosixPermissions } from "../../inputs/files/file-mode.js";
import type { ConfinedFolder } from "../../util/confined-folder.js";
import type { TreeEntry } from "../filesync/packet.js";
import { modificationTime } from "./modification-time.js";

/**
 * A file whose content arrives in chunks. Chunks are written in the order given; callers need not wait between them.
 */
export class IncomingFile {
  #opened: Promise<FileHandle> | undefined;
  #written: Promise<void> = Promise.resolve();
  /** The final path. If it exists, a temporary one: only a complete file replaces what is there. */
  #path: string;

  constructor(
    private readonly folder: ConfinedFolder,
    private readonly stat: TreeEntry,
    private readonly onEnd: () => void,
  ) {
    this.#path = stat.path;
  }

  /** Appends a chunk. */
  write(data: Uint8Array): Promise<void> {
    return this.#next(async (file) => {
      for (let written = 0; written < data.length; ) {
        written += (await file.write(data, written)).bytesWritten;
      }
    });
  }

  /** Sets mode and time of the complete file and moves it to its final path. */
  finish(): Promise<void> {
    return this.#next(async (file) => {
      const { path, mode } = this.stat;
      const time = modificationTime(this.stat);
      await file.chmod(toPosixPermissions(mode));
      await file.utimes(time, time);
      await file.close();
      this.#opened = undefined;
      if (this.#path !== path) await this.folder.rename(this.#path, path).catch((error) => this.#fail(error));
      this.onEnd();
    });
  }

  /** Removes what was written. */
  async abort(): Promise<void> {
    await this.#written.catch(() => {});
    this.onEnd();
    const file = await this.#opened?.catch(() => undefined);
    if (!file) return;
    await file.close();
    await this.folder.remove(this.#path);
  }

  #next(step: (file: FileHandle) => Promise<void>): Promise<void> {
    this.#written = this.#written.then(async () => {
      this.#opened ??= this.#create();
      await step(await this.#opened);
    });
    return this.#written;
  }

  async #create(): Promise<FileHandle> {
    try {
      return await this.folder.createFile(this.#path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      this.#path = join(dirname(this.#path), `.slipway-${randomBytes(6).toString("hex")}`);
      return await this.folder.createFile(this.#path);
    }
  }

  async #fail(error: unknown): Promise<never> {
    await this.folder.remove(this.#path);
    throw error;
  }
}
