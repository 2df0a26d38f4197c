import { createHash, randomUUID } from "node:crypto";
import { renameSync, rmSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { forEachLimit } from "../../util/for-each-limit.js";
import { StagedBlob } from "./staged-blob.js";

/** How much content that no upload uses is kept for the next one. */
export interface BlobCacheLimits {
  /** Bytes. */
  bytes: number;
  /** Files. */
  count: number;
  /** Milliseconds since the last use. */
  ageMs: number;
}

interface Blob {
  size: number;
  /** Claims on it. */
  users: number;
}

/**
 * Contents of files by digest, `blobs/sha256/<hex>`, shared by all uploads.
 *
 * A blob gets its name only when its bytes are complete and their digest is known. Blobs that nobody claims are the
 * cache that makes the next upload of a project small; the least recently used go first. Owns its folder alone.
 */
export class UploadBlobs {
  readonly #folder: string;
  readonly #staging: string;
  readonly #blobs = new Map<string, Blob>();
  /** Unclaimed blobs and when that began, oldest first. */
  readonly #idle = new Map<string, number>();
  #idleBytes = 0;

  private constructor(
    folder: string,
    readonly cache: BlobCacheLimits,
  ) {
    this.#folder = join(folder, "blobs", "sha256");
    this.#staging = join(folder, "staging");
  }

  /** Opens the store in `folder`; removes what a killed host left half-written. */
  static async open(folder: string, cache: BlobCacheLimits): Promise<UploadBlobs> {
    const store = new UploadBlobs(folder, cache);
    await rm(store.#staging, { recursive: true, force: true });
    for (const path of [store.#folder, store.#staging]) await mkdir(path, { recursive: true, mode: 0o700 });
    await store.#load();
    await store.trim();
    return store;
  }

  /** Bytes that no upload uses. */
  get idleBytes(): number {
    return this.#idleBytes;
  }

  /** Where the content of a claimed blob is. */
  path(digest: string): string {
    return join(this.#folder, digest.slice("sha256:".length));
  }

  /**
   * Claims a blob, so that it stays until {@link UploadBlobs.release}; false when there is none. One whose size differs
   * was damaged by a crash of the machine, since the digest fixes the size: it is dropped when nobody uses it.
   */
  claim(digest: string, size: number): boolean {
    const blob = this.#blobs.get(digest);
    if (!blob) return false;
    if (blob.size !== size) {
      if (blob.users === 0) rmSync(this.#forget(digest), { force: true });
      return false;
    }
    if (blob.users++ === 0) this.#leaveIdle(digest, blob);
    return true;
  }

  /** Gives up a claim. The blob becomes part of the cache when it was the last. */
  release(digest: string): void {
    const blob = this.#blobs.get(digest);
    if (!blob || --blob.users > 0) return;
    this.#idle.set(digest, Date.now());
    this.#idleBytes += blob.size;
  }

  /** Deletes a blob unless it is claimed. */
  async drop(digest: string): Promise<void> {
    if (this.#idle.has(digest)) await rm(this.#forget(digest), { force: true });
  }

  /** Begins a blob of unknown digest; complete it with {@link UploadBlobs.commit} or discard it. */
  stage(): Promise<StagedBlob> {
    return StagedBlob.create(this.#staging);
  }

  /** Takes over a sealed file and claims it. False when the store had the content before. */
  async commit(path: string, digest: string, size: number): Promise<boolean> {
    if (this.claim(digest, size)) {
      await rm(path, { force: true });
      return false;
    }
    await rename(path, this.path(digest));
    // Another upload may have brought the same content meanwhile; the file is then the same, whichever came last.
    if (this.claim(digest, size)) return false;
    this.#blobs.set(digest, { size, users: 1 });
    return true;
  }

  /** Stores a small content whole and claims it. False when the store had it before. */
  async put(digest: string, data: Uint8Array): Promise<boolean> {
    if (this.claim(digest, data.length)) return false;
    const path = join(this.#staging, randomUUID());
    try {
      await writeFile(path, data, { flag: "wx", mode: 0o600 });
      return await this.commit(path, digest, data.length);
    } catch (cause) {
      await rm(path, { force: true });
      throw cause;
    }
  }

  /** Deletes what the cache limits do not allow. */
  async trim(): Promise<void> {
    const doomed: string[] = [];
    const oldest = Date.now() - this.cache.ageMs;
    for (const [digest, since] of this.#idle) {
      if (this.#idleBytes <= this.cache.bytes && this.#idle.size <= this.cache.count && since >= oldest)
        break;
      doomed.push(this.#forget(digest));
      if (doomed.length % 256 === 0) await new Promise(setImmediate);
    }
    await forEachLimit(doomed, 8, (path) => rm(path, { force: true }));
  }

  /**
   * Takes an unclaimed blob out of the store at once and returns the file to delete. Renamed in the same tick, so
   * that deleting can never hit a file that another upload brings meanwhile.
   */
  #forget(digest: string): string {
    const blob = this.#blobs.get(digest)!;
    this.#leaveIdle(digest, blob);
    this.#blobs.delete(digest);
    const doomed = join(this.#staging, randomUUID());
    try {
      renameSync(this.path(digest), doomed);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    }
    return doomed;
  }

  #leaveIdle(digest: string, blob: Blob): void {
    if (this.#idle.delete(digest)) this.#idleBytes -= blob.size;
  }

  async #load(): Promise<void> {
    const found: { digest: string; size: number; since: number }[] = [];
    const names = await readdir(this.#folder);
    await forEachLimit(names, 16, async (name) => {
      const path = join(this.#folder, name);
      const info = await stat(path);
      if (!/^[0-9a-f]{64}$/.test(name) || !info.isFile()) await rm(path, { recursive: true });
      else found.push({ digest: `sha256:${name}`, size: info.size, since: info.mtimeMs });
    });
    found.sort((a, b) => a.since - b.since);
    for (const { digest, size, since } of found) {
      this.#blobs.set(digest, { size, users: 0 });
      this.#idle.set(digest, since);
      this.#idleBytes += size;
    }
  }
}

/** "sha256:<hex>" of bytes. */
export function digestOf(data: Uint8Array): string {
  return `sha256:${createHash("sha256").update(data).digest("hex")}`;
}

/** Whether a text is a digest the store knows. */
export function isDigest(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}
