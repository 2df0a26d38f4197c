import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FileSource } from "../inputs/files/source.js";
import { cacheFolder } from "../util/cache-folder.js";
import { onDisk } from "../util/file-name.js";
import { writeAtomically } from "../util/write-atomically.js";

/**
 * A file that changed less than this many nanoseconds before it was hashed may change again with the same timestamps:
 * the resolution of a file system can be as low as two seconds.
 */
const unsureNs = 2_000_000_000n;

type Known = [size: string, mtimeNs: string, ctimeNs: string, ino: string, digest: string];

/**
 * Digests of the files of one folder, cached between uploads in `$XDG_CACHE_HOME/slipway/digests`. A file whose size,
 * times and inode are unchanged is not read again.
 */
export class DigestCache {
  readonly #seen = new Map<string, Known>();
  #fresh = 0;

  private constructor(
    private readonly root: string,
    private readonly file: string,
    private readonly known: Map<string, Known>,
  ) {}

  /** Loads the cache of a folder, given by its real path. A cache that cannot be read is treated as empty. */
  static async load(root: string, env: NodeJS.ProcessEnv = process.env): Promise<DigestCache> {
    const name = createHash("sha256").update(root).digest("hex").slice(0, 32);
    const file = join(cacheFolder(env), "digests", `${name}.json`);
    const text = await readFile(file, "utf8").catch(() => "[]");
    return new DigestCache(root, file, new Map(parse(text)));
  }

  /** "sha256:<hex>" and size of a file; undefined if the path is not a regular file, or does not exist any more. */
  async digest(source: FileSource, path: string): Promise<{ digest: string; size: number } | undefined> {
    const began = BigInt(Date.now()) * 1_000_000n;
    const stats = await lstat(onDisk(join(this.root, path)), { bigint: true }).catch(unlessGone);
    if (!stats?.isFile()) return undefined;
    const known = this.known.get(path);
    if (known && isSame(known, stats)) {
      this.#seen.set(path, known);
      return { digest: known[4], size: Number(stats.size) };
    }
    const { digest, size } = await hash(source, path, Number(stats.size));
    if (stats.ctimeNs < began - unsureNs && stats.mtimeNs < began - unsureNs) {
      this.#seen.set(path, [...fingerprint(stats), digest]);
      this.#fresh++;
    }
    return { digest, size };
  }

  /** Saves the digests that were requested, and drops the others. */
  async save(): Promise<void> {
    if (this.#fresh === 0 && this.#seen.size === this.known.size) return;
    await writeAtomically(this.file, JSON.stringify([...this.#seen]));
  }
}

function fingerprint(stats: BigIntStats): [string, string, string, string] {
  return [String(stats.size), String(stats.mtimeNs), String(stats.ctimeNs), String(stats.ino)];
}

function isSame(known: Known, stats: BigIntStats): boolean {
  return fingerprint(stats).every((part, index) => part === known[index]);
}

function parse(text: string): [string, Known][] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter(isKnown) : [];
  } catch {
    return [];
  }
}

function isKnown(item: unknown): item is [string, Known] {
  return Array.isArray(item) && typeof item[0] === "string" && Array.isArray(item[1]) && item[1].length === 5;
}

function unlessGone(cause: NodeJS.ErrnoException): undefined {
  if (cause.code !== "ENOENT" && cause.code !== "ENOTDIR") throw cause;
}

async function hash(source: FileSource, path: string, expected: number) {
  const hasher = createHash("sha256");
  const buffer = Buffer.allocUnsafe(Math.min(expected + 1, 1 << 20));
  const file = await source.open(path);
  try {
    let size = 0;
    for (;;) {
      const bytes = await file.read(buffer);
      if (bytes === 0) return { digest: `sha256:${hasher.digest("hex")}`, size };
      hasher.update(buffer.subarray(0, bytes));
      size += bytes;
    }
  } finally {
    await file.close();
  }
}
