import { createHash, randomUUID } from "node:crypto";
import { renameSync, rmSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { forEachLimit } from "../../util/for-each-limit.js";
import { StagedBlob } from "./staged-blob.js";
import { requireSpace } from "./upload-errors.js";

/** Limits of the cache: content that no upload uses. */
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
  /** Number of claims. */
  users: number;
}

/**
 * File contents by digest, `blobs/sha256/<hex>`, shared by all uploads.
 *
 * A blob gets its name when its bytes are complete and its digest is known. Unclaimed blobs are a cache, so that the next
 * upload of a project sends little; the least recently used are deleted first. No other process uses the folder.
 */
export class UploadBlobs {
  readonly #folder: string;
  readonly #staging: string;
  readonly #blobs = new Map<string, Blob>();
  /** Ids of the principals that have sent a blob since the host started. */
  readonly #senders = new Map<string, Set<string>>();
  /** Unclaimed blobs with the time of their release, oldest first. */
  readonly #idle = new Map<string, number>();
  #idleBytes = 0;

  private constructor(
    folder: string,
    readonly cache: BlobCacheLimits,
    private readonly reservedBytes: number,
  ) {
    this.#folder = join(folder, "blobs", "sha256");
    this.#staging = join(folder, "staging");
  }

  /**
   * Opens the store in `folder`; removes incomplete files of a killed host.
   * @param reservedBytes free space of the disk that is left for others
   * @param claim claims what must stay, before the cache is trimmed
   */
  static async open(
    folder: string,
    cache: BlobCacheLimits,
    reservedBytes = 0,
    claim: (store: UploadBlobs) => Promise<void> = async () => {},
  ): Promise<UploadBlobs> {
    const store = new UploadBlobs(folder, cache, reservedBytes);
    await rm(store.#staging, { recursive: true, force: true });
    for (const path of [store.#folder, store.#staging]) await mkdir(path, { recursive: true, mode: 0o700 });
    await store.#load();
    await claim(store);
    await store.trim();
    return store;
  }

  /** Path of a claimed blob. */
  path(digest: string): string {
    return join(this.#folder, digest.slice("sha256:".length));
  }

  /**
   * Claims a blob, so that it stays until {@link UploadBlobs.release}; false when there is none. A blob with another size
   * was damaged by a crash of the machine, since the digest determines the size: it is deleted unless it is claimed.
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

  /** Notes that a principal has sent the whole content. */
  addSender(digest: string, principal: string): void {
    const senders = this.#senders.get(digest);
    if (senders) senders.add(principal);
    else this.#senders.set(digest, new Set([principal]));
  }

  /** Whether a principal has sent the content since the host started. */
  wasSentBy(digest: string, principal: string): boolean {
    return this.#senders.get(digest)?.has(principal) ?? false;
  }

  /** Releases a claim. After the last one the blob is part of the cache. */
  release(digest: string): void {
    const blob = this.#blobs.get(digest);
    if (!blob || --blob.users > 0) return;
    this.#idle.set(digest, performance.now());
    this.#idleBytes += blob.size;
  }

  /** Deletes a blob unless it is claimed. */
  async drop(digest: string): Promise<void> {
    if (this.#idle.has(digest)) await rm(this.#forget(digest), { force: true });
  }

  /** Starts a blob whose digest is unknown; complete it with {@link UploadBlobs.commit} or discard it. */
  stage(): Promise<StagedBlob> {
    return StagedBlob.create(this.#staging, this.reservedBytes);
  }

  /** Adds a sealed file and claims it. False when the store already had the content. */
  async commit(path: string, digest: string, size: number): Promise<boolean> {
    if (this.claim(digest, size)) {
      await rm(path, { force: true });
      return false;
    }
    await rename(path, this.path(digest));
    // Another upload may have added the same content meanwhile; both files are equal.
    if (this.claim(digest, size)) return false;
    this.#blobs.set(digest, { size, users: 1 });
    return true;
  }

  /** Stores small content in one step and claims it. False when the store already had it. */
  async put(digest: string, data: Uint8Array): Promise<boolean> {
    if (this.claim(digest, data.length)) return false;
    requireSpace(this.#staging, data.length, this.reservedBytes);
    const path = join(this.#staging, randomUUID());
    try {
      await writeFile(path, data, { flag: "wx", mode: 0o600 });
      return await this.commit(path, digest, data.length);
    } catch (cause) {
      await rm(path, { force: true });
      throw cause;
    }
  }

  /** Deletes unclaimed blobs beyond the limits of the cache. */
  async trim(): Promise<void> {
    const doomed: string[] = [];
    const oldest = performance.now() - this.cache.ageMs;
    for (const [digest, since] of this.#idle) {
      if (this.#idleBytes <= this.cache.bytes && this.#idle.size <= this.cache.count && since >= oldest)
        break;
      doomed.push(this.#forget(digest));
      if (doomed.length % 256 === 0) await new Promise(setImmediate);
    }
    await forEachLimit(doomed, 8, (path) => rm(path, { force: true }));
  }

  /**
   * Removes an unclaimed blob from the store and returns the file to delete. The file is renamed in the same tick, so
   * that the deletion cannot hit a file that another upload adds meanwhile.
   */
  #forget(digest: string): string {
    const blob = this.#blobs.get(digest)!;
    this.#leaveIdle(digest, blob);
    this.#blobs.delete(digest);
    this.#senders.delete(digest);
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
      else found.push({ digest: `sha256:${name}`, size: info.size, since: onOwnClock(info.mtimeMs) });
    });
    found.sort((a, b) => a.since - b.since);
    for (const { digest, size, since } of found) {
      this.#blobs.set(digest, { size, users: 0 });
      this.#idle.set(digest, since);
      this.#idleBytes += size;
    }
  }
}

/** A file's time on the clock of `performance.now()`, which does not jump. */
function onOwnClock(mtimeMs: number): number {
  return performance.now() - Math.max(0, Date.now() - mtimeMs);
}

/** "sha256:<hex>" of bytes. */
export function digestOf(data: Uint8Array): string {
  return `sha256:${createHash("sha256").update(data).digest("hex")}`;
}

/** Whether a text is a digest that the store supports. */
export function isDigest(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}
