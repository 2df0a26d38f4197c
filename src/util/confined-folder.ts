import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import {
  chmod,
  type FileHandle,
  link,
  lstat,
  lutimes,
  mkdir,
  open,
  rename,
  rmdir,
  symlink,
  unlink,
  utimes,
} from "node:fs/promises";
import { join } from "node:path";
import { onDisk } from "./file-name.js";
import { FolderHandles, UnsafePathError } from "./folder-handles.js";
import { readNames } from "./read-names.js";

/** Mode of folders that are created because an entry lies below them; the umask applies. */
const parentMode = 0o755;

/**
 * Creates, replaces and removes entries below a root folder and nowhere else. Paths are relative with forward slashes;
 * an absolute path, a path with ".." and a path through a link throw {@link UnsafePathError}. Links are written and
 * removed but never followed. Operations that create an entry also create its missing parents.
 */
export class ConfinedFolder {
  private constructor(private readonly folders: FolderHandles) {}

  /** Opens the root, which must exist and may itself be a link. Close it in the end. */
  static async open(root: string, byHandle?: boolean): Promise<ConfinedFolder> {
    return new ConfinedFolder(await FolderHandles.open(root, byHandle));
  }

  /** Opens the root for some work, and closes it. */
  static async within<T>(root: string, work: (folder: ConfinedFolder) => Promise<T>): Promise<T> {
    const folder = await ConfinedFolder.open(root);
    try {
      return await work(folder);
    } finally {
      await folder.close();
    }
  }

  /** Creates a folder unless it exists. A file or link at the path is replaced. */
  async makeFolder(path: string, mode = parentMode): Promise<void> {
    await this.#create(path, async (target) => {
      for (;;) {
        try {
          return await mkdir(target, mode);
        } catch (error) {
          if (codeOf(error) !== "EEXIST") throw error;
          if ((await lstat(target)).isDirectory()) return;
          await unlink(target);
        }
      }
    });
  }

  /** Creates a file, which must not exist, and opens it for writing. */
  createFile(path: string, mode = 0o600): Promise<FileHandle> {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    return this.#create(path, (target) => open(target, flags, mode));
  }

  /** Creates a symbolic link at `path`, which must not exist. Its target is not checked. */
  symlink(target: string, path: string): Promise<void> {
    return this.#create(path, (name) => symlink(onDisk(target), name));
  }

  /** Creates another name, which must not exist, for a file below the root. */
  hardLink(existing: string, path: string): Promise<void> {
    return this.#at(existing, (source) => this.#create(path, (target) => link(source, target)));
  }

  /** Moves an entry over another one; a folder in its place is removed first. */
  async rename(from: string, to: string): Promise<void> {
    const move = () => this.#at(from, (source) => this.#create(to, (target) => rename(source, target)));
    await move().catch(async (error) => {
      if (codeOf(error) !== "EISDIR" && codeOf(error) !== "ENOTEMPTY") throw error;
      await this.remove(to);
      await move();
    });
    this.folders.forget(namesOf(from));
  }

  /** Makes an entry under a temporary name beside `path` and moves it there; on failure `path` is unchanged. */
  async replace(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
    const names = namesOf(path);
    const temporary = [...names.slice(0, -1), `.${randomBytes(8).toString("hex")}.tmp`].join("/");
    try {
      await make(temporary);
      await this.rename(temporary, path);
    } finally {
      // It is left after a failure, and when both are names of the same file: then rename does nothing.
      await this.remove(temporary);
    }
  }

  /** Removes an entry with everything below it; does nothing when it does not exist. */
  async remove(path: string): Promise<void> {
    await this.#at(path, async (target) => {
      if ((await lstat(target)).isDirectory()) {
        for (const { name } of await this.list(path)) await this.remove(`${path}/${name}`);
        this.folders.forget(namesOf(path));
        await rmdir(target);
      } else await unlink(target);
    }).catch((error) => {
      if (codeOf(error) !== "ENOENT") throw error;
    });
  }

  /** Names and types of the entries in a folder; "" is the root. */
  async list(path: string): Promise<{ name: string; isFolder: boolean }[]> {
    return this.folders.use(namesOf(path), async (folder) => {
      const names = await readNames(folder);
      return names.map(({ name, entry }) => ({ name, isFolder: entry.isDirectory() }));
    });
  }

  /** Status of an entry, of a link itself; undefined when it does not exist. */
  stat(path: string): Promise<Stats | undefined> {
    return this.#at(path, (target) => lstat(target)).catch((error) => {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    });
  }

  /** Sets mode and modification time of a folder; "" is the root. */
  async setFolder(path: string, mode: number, time?: Time): Promise<void> {
    await this.folders.use(namesOf(path), async (folder) => {
      await chmod(folder, mode);
      if (time !== undefined) await utimes(folder, time, time);
    });
  }

  /** Sets the modification time of an entry, of a link itself. */
  setTime(path: string, time: Time): Promise<void> {
    return this.#at(path, (target) => lutimes(target, time, time));
  }

  /** Releases the handles. Files that are open stay open. */
  close(): Promise<void> {
    return this.folders.close();
  }

  async #at<T>(path: string, work: (target: string | Buffer) => Promise<T>): Promise<T> {
    const names = namesOf(path);
    const name = names.pop();
    if (name === undefined) throw new UnsafePathError(`${JSON.stringify(path)} is the folder itself.`);
    return this.folders.use(names, (folder) => work(onDisk(join(folder, name))));
  }

  async #create<T>(path: string, work: (target: string | Buffer) => Promise<T>): Promise<T> {
    try {
      return await this.#at(path, work);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
      const names = namesOf(path);
      for (let depth = 1; depth < names.length; depth += 1) {
        await this.#at(names.slice(0, depth).join("/"), (target) => mkdir(target, parentMode)).catch(
          (cause) => {
            if (codeOf(cause) !== "EEXIST") throw cause;
          },
        );
      }
      return this.#at(path, work);
    }
  }
}

/** A time as Node's `fs` accepts it: seconds since 1970 or a date. */
export type Time = number | Date;

const foreign = process.platform === "win32" ? /[\\:\0]/ : /\0/;

/** The names in a path; none for the root. "./", "//" and a trailing "/" are ignored. */
function namesOf(path: string): string[] {
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  if (path.startsWith("/") || names.includes("..") || foreign.test(path)) {
    throw new UnsafePathError(`The path ${JSON.stringify(path)} leads out of the folder.`);
  }
  return names;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
