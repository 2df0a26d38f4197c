import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { isUuid } from "../../../util/uuid.js";
import type { SharedStore } from "./shared-store.js";

/** After this time an object is left by a host that did not come back, in milliseconds. */
const maxAgeMs = 7 * 24 * 3_600_000;

/** Reads without following links, and without waiting for the writer of a named pipe: others can write to the folder. */
const readPlain = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Objects as files of a folder that all hosts have, such as on NFS. */
export class FolderStore implements SharedStore {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Opens the folder, makes it if it is missing, and removes old objects, which no host will remove. */
  static async open(folder: string): Promise<FolderStore> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(folder)) {
      if (!isUuid(name.replace(/\.new$/, ""))) continue;
      const path = join(folder, name);
      // Another host may have removed it.
      const found = await lstat(path).catch(() => undefined);
      if (found?.isFile() && Date.now() - found.mtimeMs > maxAgeMs) await rm(path, { force: true });
    }
    return new FolderStore(folder);
  }

  async put(name: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    const draft = join(this.#folder, `${randomUUID()}.new`);
    const file = await open(draft, "wx", 0o600);
    try {
      try {
        for await (const bytes of content) await file.appendFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, join(this.#folder, name));
    } catch (cause) {
      await rm(draft, { force: true });
      throw cause;
    }
  }

  async get(name: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    let file: FileHandle;
    try {
      file = await open(join(this.#folder, name), readPlain);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw cause;
    }
    if ((await file.stat()).isFile()) return file.createReadStream({ highWaterMark: 1 << 20 });
    await file.close();
    throw new Error(`${name} is not a file.`);
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.#folder, name), { force: true });
  }

  close(): void {}
}
