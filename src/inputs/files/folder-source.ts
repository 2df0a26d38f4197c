import { closeSync, constants, open, openSync, readlinkSync } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { promisify } from "node:util";
import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import { onDisk } from "../../util/file-name.js";
import { readNames, readTarget } from "../../util/read-names.js";
import { failure, isGone } from "./disk-failure.js";
import { DiskFile } from "./disk-file.js";
import { lstatFiles, lstatOthers, toEntry } from "./disk-stats.js";
import { isSymlink } from "./file-mode.js";
import { QuickCalls } from "./quick-calls.js";
import type { FileSource, SourceEntry, SourceFile, SourceName } from "./source.js";

/** A link that replaced the file is not followed; a pipe that replaced it does not block. */
const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** A folder on disk as the source of a context. Rejects with NOT_FOUND or INVALID_ARGUMENT if it is not a folder. */
export async function folderSource(folder: string): Promise<FileSource> {
  let root: string;
  try {
    root = await realpath(folder);
  } catch (cause) {
    throw failure(cause, Code.NotFound, folder);
  }
  if (!(await stat(root)).isDirectory()) {
    throw new StatusError(Code.InvalidArgument, `${folder} is not a folder`);
  }
  return new DirectorySource(root);
}

class DirectorySource implements FileSource {
  readonly #quick = new QuickCalls();

  constructor(private readonly root: string) {}

  async list(folder: string): Promise<SourceName[]> {
    const names: SourceName[] = [];
    try {
      for (const { name, entry } of await readNames(join(this.root, folder)))
        if (!entry.isSocket()) names.push({ name, isFolder: entry.isDirectory() });
    } catch (cause) {
      if (folder === "" || !isGone(cause)) throw failure(cause, Code.Internal, join(this.root, folder));
    }
    return names;
  }

  async stat(
    paths: string[],
    listed?: readonly Pick<SourceName, "isFolder">[],
  ): Promise<(SourceEntry | undefined)[]> {
    const names = paths.map((path) => join(this.root, path));
    const found = listed ? lstatFiles(names, listed) : [];
    await lstatOthers(names, found);
    const entries = found.map((stats) => (stats ? toEntry(stats) : undefined));
    for (const [i, entry] of entries.entries()) {
      if (!entry || !isSymlink(entry.mode)) continue;
      const target = await readTarget(join(this.root, paths[i]!)).catch(() => undefined);
      entries[i] = target === undefined ? undefined : { ...entry, linkname: target.replaceAll(sep, "/") };
    }
    return entries;
  }

  async open(path: string): Promise<SourceFile> {
    const name = join(this.root, path);
    try {
      const descriptor = await this.#quick.call(
        () => openSync(onDisk(name), openFlags),
        () => openFile(onDisk(name), openFlags),
      );
      try {
        this.#mustBeInside(descriptor, path);
      } catch (error) {
        closeSync(descriptor);
        throw error;
      }
      return new DiskFile(descriptor, name, this.#quick);
    } catch (cause) {
      throw failure(cause, Code.Aborted, name);
    }
  }

  /** A parent may have become a link since it was listed. This race remains where the system cannot detect it. */
  #mustBeInside(descriptor: number, path: string): void {
    if (process.platform !== "linux") return;
    const actual = readlinkSync(`/proc/self/fd/${descriptor}`);
    if (actual === this.root || actual.startsWith(this.root === sep ? sep : this.root + sep)) return;
    throw new StatusError(Code.PermissionDenied, `${path.toWellFormed()} leads out of ${this.root}`);
  }
}

const openFile = promisify(open) as (path: string | Buffer, flags: number) => Promise<number>;
