import { constants } from "node:fs";
import { lstat, open, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import { digestPattern } from "../../image/reference.js";
import { makeFolder } from "../../util/make-folder.js";
import type { BlobInfo, ContentStore, Writing } from "./content-store.js";
import { alreadyExists, Ingest } from "./ingest.js";

/** Bytes per read. */
const READ_SIZE = 1024 * 1024;

/**
 * The blobs of an OCI image layout folder, `blobs/<algorithm>/<hex>`, for BuildKit to read and, when writable, to add
 * to. What is being written lies in `ingest/` until its digest is proved. Close it when the build is over.
 */
export class BlobStore implements ContentStore {
  readonly #dir: string;
  readonly #writable: boolean;
  readonly #ingests = new Map<string, Ingest>();

  private constructor(dir: string, writable: boolean) {
    this.#dir = dir;
    this.#writable = writable;
  }

  /** A store that refuses writes. The folder may be missing: then nothing is found in it. */
  static readOnly(dir: string): BlobStore {
    return new BlobStore(dir, false);
  }

  /** A store that takes new blobs; makes the folder. */
  static async writable(dir: string): Promise<BlobStore> {
    await makeFolder(join(dir, "blobs"));
    return new BlobStore(dir, true);
  }

  /** NOT_FOUND when there is no such blob, INVALID_ARGUMENT when that is no digest. */
  async info(digest: string): Promise<BlobInfo> {
    const stat = await lstat(this.#blobPath(digest)).catch((error: NodeJS.ErrnoException) => {
      throw error.code === "ENOENT" || error.code === "ENOTDIR" ? notFound(digest) : error;
    });
    if (!stat.isFile()) throw notFound(digest);
    return { digest, size: stat.size, modified: stat.mtime };
  }

  /** The bytes from an offset on, `size` of them or all when that is not positive. */
  async *read(digest: string, offset = 0, size = 0): AsyncGenerator<Buffer> {
    const total = (await this.info(digest)).size;
    const start = Math.max(offset, 0);
    if (start > total) throw new StatusError(Code.OutOfRange, `${digest} has only ${total} bytes`);
    let left = size > 0 ? Math.min(size, total - start) : total - start;
    const file = await open(this.#blobPath(digest), constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      for (let position = start; left > 0; ) {
        const chunk = Buffer.allocUnsafe(Math.min(left, READ_SIZE));
        const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
        if (bytesRead === 0)
          throw new StatusError(Code.DataLoss, `${digest} became shorter while it was read`);
        yield chunk.subarray(0, bytesRead);
        position += bytesRead;
        left -= bytesRead;
      }
    } finally {
      await file.close();
    }
  }

  /**
   * Begins or goes on with what is written under `ref`; one writer at a time. ALREADY_EXISTS when the blob that is
   * to be written is there.
   */
  async openIngest(ref: string, total: number, expected: string): Promise<Ingest> {
    if (!this.#writable) throw new StatusError(Code.PermissionDenied, "this content store is read-only");
    if (expected !== "" && (await this.#has(expected))) {
      await this.abort(ref);
      throw alreadyExists(expected);
    }
    let ingest = this.#ingests.get(ref);
    if (ingest === undefined) {
      ingest = new Ingest(join(this.#dir, "ingest"), ref, total, expected, (digest) =>
        this.#blobPath(digest),
      );
      this.#ingests.set(ref, ingest);
    }
    await ingest.acquire();
    return ingest;
  }

  /** Forgets an ingest that is committed. */
  finish(ingest: Writing): void {
    this.#ingests.delete(ingest.ref);
  }

  /** Adds a blob that is at hand, unless it is there. */
  async put(digest: string, data: Uint8Array): Promise<void> {
    if (await this.#has(digest)) return;
    const ingest = await this.openIngest(digest, data.length, digest);
    try {
      await ingest.write(data);
      this.finish(ingest);
      await ingest.commit(data.length, digest);
    } finally {
      ingest.release();
    }
  }

  /** What is being written under `ref`, or NOT_FOUND. */
  ingest(ref: string): Ingest {
    const ingest = this.#ingests.get(ref);
    if (ingest === undefined) throw new StatusError(Code.NotFound, `nothing is being written as ${ref}`);
    return ingest;
  }

  /** Gives up what was written under `ref`. */
  async abort(ref: string): Promise<void> {
    const ingest = this.#ingests.get(ref);
    this.#ingests.delete(ref);
    await ingest?.discard();
  }

  /** Removes what was not committed. */
  async close(): Promise<void> {
    await Promise.all([...this.#ingests.keys()].map((ref) => this.abort(ref)));
    // Another store may be writing to the same folder; then it stays.
    if (this.#writable) await rmdir(join(this.#dir, "ingest")).catch(() => {});
  }

  async #has(digest: string): Promise<boolean> {
    return this.info(digest).then(
      () => true,
      (error) => {
        if (error instanceof StatusError && error.code === Code.NotFound) return false;
        throw error;
      },
    );
  }

  // A digest is checked against its grammar before it becomes a path, so none can lead out of the folder.
  #blobPath(digest: string): string {
    if (!digestPattern.test(digest))
      throw new StatusError(Code.InvalidArgument, `${JSON.stringify(digest)} is not a digest`);
    return join(this.#dir, "blobs", ...digest.split(":"));
  }
}

function notFound(digest: string): StatusError {
  return new StatusError(Code.NotFound, `content ${digest} not found`);
}
