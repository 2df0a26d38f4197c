import { constants, existsSync } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";
import { join } from "node:path";
import { onDisk } from "./file-name.js";

/** Maximum number of open folders that are kept for the next use. */
const keptFolders = 32;

/** Whether the system resolves paths below an open folder, as Linux does. */
const resolvesHandles = process.platform === "linux" && existsSync("/proc/self/fd");

/** Linux's O_PATH, which Node does not export: opens a folder without permission to read it. */
const openPath = 0o10000000;

/** A path leads out of a folder, or through something that is not a folder. */
export class UnsafePathError extends Error {}

interface OpenFolder {
  handle: Promise<FileHandle>;
  users: number;
  retired: boolean;
}

/**
 * Opens folders below a root one name at a time and without following links. On Linux each folder is opened relative to
 * its parent's handle, so a link that replaces a folder at any time has no effect. Elsewhere every name is checked before
 * each use, which does not protect from other processes that replace folders concurrently.
 */
export class FolderHandles {
  /** Open folders by path, the least recently used first. */
  readonly #folders = new Map<string, OpenFolder>();

  private constructor(
    private readonly root: string,
    private readonly handle: FileHandle | undefined,
  ) {}

  /** Opens the root, which may be a link itself. `byHandle` is for tests. */
  static async open(root: string, byHandle = resolvesHandles): Promise<FolderHandles> {
    const handle = byHandle ? await open(root, openPath | constants.O_DIRECTORY) : undefined;
    return new FolderHandles(root, handle);
  }

  /** Runs work with a path of a folder that is valid, and the same folder, until the work ends. */
  async use<T>(names: readonly string[], work: (folder: string) => Promise<T>): Promise<T> {
    if (!this.handle) return work(await this.#checked(names));
    if (names.length === 0) return this.#workIn(this.handle, names, work);
    const folder = this.#acquire(names);
    try {
      return await this.#workIn(await folder.handle, names, work);
    } finally {
      folder.users -= 1;
      await closeUnused(folder);
    }
  }

  /** Closes the kept handles of a folder and of the folders below it, when they are removed or moved. */
  forget(names: readonly string[]): void {
    const path = names.join("/");
    for (const key of this.#folders.keys()) {
      if (key === path || key.startsWith(`${path}/`)) void this.#retire(key);
    }
  }

  /** Closes all handles. */
  async close(): Promise<void> {
    await Promise.all([...this.#folders.keys()].map((key) => this.#retire(key)));
    await this.handle?.close();
  }

  /** Runs work with a folder; its errors name the folder by the path that the user knows. */
  async #workIn<T>(
    handle: FileHandle,
    names: readonly string[],
    work: (folder: string) => Promise<T>,
  ): Promise<T> {
    try {
      return await work(pathOf(handle));
    } catch (error) {
      if (error instanceof Error) {
        const path = join(this.root, ...names);
        error.message = error.message.replaceAll(new RegExp(`${pathOf(handle)}(?!\\d)`, "g"), () => path);
      }
      throw error;
    }
  }

  #acquire(names: readonly string[]): OpenFolder {
    const key = names.join("/");
    const folder = this.#folders.get(key) ?? { handle: this.#open(names), users: 0, retired: false };
    this.#folders.delete(key);
    this.#folders.set(key, folder);
    folder.users += 1;
    folder.handle.catch(() => {
      if (this.#folders.get(key) === folder) void this.#retire(key);
    });
    const [oldest] = this.#folders.keys();
    if (this.#folders.size > keptFolders) void this.#retire(oldest!);
    return folder;
  }

  #open(names: readonly string[]): Promise<FileHandle> {
    const flags = openPath | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    return this.use(names.slice(0, -1), (parent) => open(onDisk(join(parent, names.at(-1)!)), flags)).catch(
      (error: NodeJS.ErrnoException) => {
        throw error.code === "ENOTDIR" || error.code === "ELOOP" ? notAFolder(names) : error;
      },
    );
  }

  /** Closes a folder when its last user has ended. */
  #retire(key: string): Promise<void> {
    const folder = this.#folders.get(key)!;
    this.#folders.delete(key);
    folder.retired = true;
    return closeUnused(folder);
  }

  async #checked(names: readonly string[]): Promise<string> {
    for (let depth = 1; depth <= names.length; depth += 1) {
      const above = names.slice(0, depth);
      if (!(await lstat(onDisk(join(this.root, ...above)))).isDirectory()) throw notAFolder(above);
    }
    return join(this.root, ...names);
  }
}

function pathOf({ fd }: FileHandle): string {
  return `/proc/self/fd/${fd}`;
}

function notAFolder(names: readonly string[]): UnsafePathError {
  return new UnsafePathError(`${names.join("/")} is not a folder.`);
}

async function closeUnused({ handle, users, retired }: OpenFolder): Promise<void> {
  if (!retired || users > 0) return;
  const open = await handle.catch(() => undefined);
  await open?.close();
}
