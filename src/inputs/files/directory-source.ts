import { type BigIntStats, close, constants, lstat, open, read, readlinkSync } from "node:fs";
import { readdir, readlink, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { promisify } from "node:util";
import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import { isSymlink, toGoMode } from "./file-mode.js";
import type { FileSource, SourceEntry, SourceFile, SourceName } from "./source.js";

/** Concurrent lstat calls; Node has 4 threads for them. */
const maxConcurrentStats = 32;
/** A link that replaced the file is not followed; a pipe that replaced it does not block. */
const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** A folder on disk as the source of a context. Rejects with NOT_FOUND or INVALID_ARGUMENT if it is not a folder. */
export async function directorySource(folder: string): Promise<FileSource> {
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
  constructor(private readonly root: string) {}

  async list(folder: string): Promise<SourceName[]> {
    const names: SourceName[] = [];
    try {
      for (const entry of await readdir(join(this.root, folder), { withFileTypes: true })) {
        if (!entry.isSocket()) names.push({ name: entry.name, directory: entry.isDirectory() });
      }
    } catch (cause) {
      if (folder === "" || !isGone(cause)) throw failure(cause, Code.Internal, join(this.root, folder));
    }
    return names;
  }

  async stat(paths: string[]): Promise<(SourceEntry | undefined)[]> {
    const found = await lstatAll(paths.map((path) => join(this.root, path)));
    const entries = found.map((stats) => stats && toEntry(stats));
    for (const [i, entry] of entries.entries()) {
      if (!entry || !isSymlink(entry.mode)) continue;
      const target = await readlink(join(this.root, paths[i]!)).catch(() => undefined);
      entries[i] = target === undefined ? undefined : { ...entry, linkname: target.replaceAll(sep, "/") };
    }
    return entries;
  }

  async open(path: string): Promise<SourceFile> {
    const name = join(this.root, path);
    try {
      const descriptor = await openFile(name, openFlags);
      try {
        this.#mustBeInside(descriptor, path);
      } catch (error) {
        await closeFile(descriptor);
        throw error;
      }
      return new DiskFile(descriptor, name);
    } catch (cause) {
      throw failure(cause, Code.Aborted, name);
    }
  }

  /** A parent may have become a link since it was listed. This race remains where the system cannot detect it. */
  #mustBeInside(descriptor: number, path: string): void {
    if (process.platform !== "linux") return;
    const actual = readlinkSync(`/proc/self/fd/${descriptor}`);
    if (actual === this.root || actual.startsWith(this.root === sep ? sep : this.root + sep)) return;
    throw new StatusError(Code.PermissionDenied, `${path} leads out of ${this.root}`);
  }
}

class DiskFile implements SourceFile {
  constructor(
    private readonly descriptor: number,
    private readonly name: string,
  ) {}

  read(target: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      read(this.descriptor, target, 0, target.length, null, (cause, bytes) =>
        cause ? reject(failure(cause, Code.Internal, this.name)) : resolve(bytes),
      );
    });
  }

  close(): Promise<void> {
    return closeFile(this.descriptor);
  }
}

const openFile = promisify(open) as (path: string, flags: number) => Promise<number>;
const closeFile = promisify(close);

function toEntry(stats: BigIntStats): SourceEntry {
  const mode = toGoMode(Number(stats.mode));
  const entry: SourceEntry = {
    mode,
    size: stats.isDirectory() ? 0 : Number(stats.size),
    modTime: stats.mtimeNs,
  };
  if (stats.nlink > 1n && stats.isFile()) entry.inode = `${stats.dev}:${stats.ino}`;
  if (stats.isBlockDevice() || stats.isCharacterDevice()) {
    // As in glibc's gnu_dev_major and gnu_dev_minor.
    entry.device = {
      major: ((stats.rdev >> 8n) & 0xfffn) | ((stats.rdev >> 32n) & ~0xfffn),
      minor: (stats.rdev & 0xffn) | ((stats.rdev >> 12n) & ~0xffn),
    };
  }
  return entry;
}

/** Runs many lstat calls behind one promise; a promise for each would cost more than the call. */
function lstatAll(names: string[]): Promise<(BigIntStats | undefined)[]> {
  const found = new Array<BigIntStats | undefined>(names.length);
  return new Promise((resolve, reject) => {
    let started = 0;
    let ended = 0;
    if (names.length === 0) resolve(found);
    const next = () => {
      if (started >= names.length) return;
      const i = started++;
      lstat(names[i]!, { bigint: true }, (cause, stats) => {
        if (cause && (!isGone(cause) || isUnreadableName(names[i]!))) {
          started = names.length;
          return reject(failure(cause, Code.Internal, names[i]!));
        }
        found[i] = stats;
        if (++ended === names.length) resolve(found);
        else next();
      });
    };
    while (started < Math.min(maxConcurrentStats, names.length)) next();
  });
}

/** The name had bytes that are not UTF-8, so its decoded form does not exist. */
const isUnreadableName = (name: string) => name.includes("\ufffd");

function isGone(cause: unknown): boolean {
  const { code } = cause as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}

function failure(cause: unknown, fallback: Code, name: string): StatusError {
  if (cause instanceof StatusError) return cause;
  const { code: errno } = cause as NodeJS.ErrnoException;
  const denied = errno === "EACCES" || errno === "EPERM";
  const hint = isUnreadableName(name) ? " (file names must be UTF-8)" : "";
  const error = new StatusError(
    denied ? Code.PermissionDenied : fallback,
    `cannot read ${name}: ${errno ?? cause}${hint}`,
  );
  error.cause = cause;
  return error;
}
