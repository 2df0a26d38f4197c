import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { SharedStore } from "./shared-store.js";

/** After this time an object is left by a host that did not come back, in milliseconds. */
const maxAgeMs = 7 * 24 * 3_600_000;

/** Objects as files of a folder that all hosts have, such as on NFS. */
export class FolderStore implements SharedStore {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Opens the folder, makes it if it is missing, and removes what no host will remove. */
  static async open(folder: string): Promise<FolderStore> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
      if (Date.now() - mtimeMs > maxAgeMs) await rm(path, { force: true });
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
    try {
      return (await open(join(this.#folder, name))).createReadStream({ highWaterMark: 1 << 20 });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw cause;
    }
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.#folder, name), { force: true });
  }

  close(): void {}
}
