import { type BigIntStats, lstat, lstatSync } from "node:fs";
import { Code } from "@connectrpc/connect";
import { onDisk } from "../../util/file-name.js";
import { failure, isGone } from "./disk-failure.js";
import { toGoMode } from "./file-mode.js";
import type { SourceEntry, SourceName } from "./source.js";

/** Concurrent lstat calls; Node has 4 threads for them. */
const maxConcurrentStats = 32;
/** How long lstat calls may take the main thread at once, in milliseconds. */
const syncMs = 3;

/** The entry of an lstat call, without the target of a link. */
export function toEntry(stats: BigIntStats): SourceEntry {
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

/** What an lstat call found; null where nothing is. */
export type Found = BigIntStats | null;

/**
 * The stats of files that were just listed, as many as there is time for. Their metadata is mostly in the system's cache,
 * where handing the call to another thread costs more than the call. Folders may be other file systems, which answer
 * late or never.
 */
export function lstatFiles(names: string[], listed: readonly Pick<SourceName, "isFolder">[]): Found[] {
  const found: Found[] = [];
  const end = performance.now() + syncMs;
  for (const [i, { isFolder }] of listed.entries()) {
    if (isFolder) continue;
    if (performance.now() > end) break;
    try {
      found[i] = lstatSync(onDisk(names[i]!), { bigint: true });
    } catch (cause) {
      found[i] = goneOrThrow(cause, names[i]!);
    }
  }
  return found;
}

/** Completes what was found. All calls are behind one promise; a promise for each would cost more than the call. */
export function lstatOthers(names: string[], found: Found[]): Promise<void> {
  const others = names.flatMap((_, i) => (found[i] === undefined ? [i] : []));
  return new Promise((resolve, reject) => {
    let started = 0;
    let ended = 0;
    if (others.length === 0) resolve();
    const next = () => {
      if (started >= others.length) return;
      const i = others[started++]!;
      lstat(onDisk(names[i]!), { bigint: true }, (cause, stats) => {
        try {
          found[i] = cause ? goneOrThrow(cause, names[i]!) : stats;
        } catch (error) {
          started = others.length;
          return reject(error);
        }
        if (++ended === others.length) resolve();
        else next();
      });
    };
    while (started < Math.min(maxConcurrentStats, others.length)) next();
  });
}

function goneOrThrow(cause: unknown, name: string): null {
  if (isGone(cause)) return null;
  throw failure(cause, Code.Internal, name);
}
