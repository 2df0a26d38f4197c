import { constants } from "node:fs";
import { lstat, open, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { transferTooLarge } from "../../errors/answer-too-large.js";
import { StatusError } from "../../errors/status-error.js";
import { blobPath } from "../../image/oci-index.js";
import { digestPattern } from "../../image/reference.js";
import { ConfinedFolder } from "../../util/confined-folder.js";
import { makeFolder } from "../../util/make-folder.js";
import type { BlobInfo, ContentStore, Writing } from "./content-store.js";
import { alreadyExists, Ingest, ingestFolder } from "./ingest.js";

/** Blobs that BuildKit may begin before it completes others; each is an open file. */
const maxIngests = 1024;
/** Bytes per read. */
const readBytes = 1024 * 1024;

/**
 * The blobs of an OCI image layout folder, `blobs/<algorithm>/<hex>`. BuildKit reads them and, if the store is
 * writable, adds new ones, which are in `ingest/` until their digest is verified. Close it when the build ends.
 */
export class BlobStore implements ContentStore {
  readonly #dir: string;
  readonly #writable: boolean;
  readonly #ingests = new Map<string, Ingest>();

  private constructor(dir: string, writable: boolean) {
    this.#dir = dir;
    this.#writable = writable;
  }

  /** A store that refuses writes. If the folder does not exist, the store is empty. */
  static readOnly(dir: string): BlobStore {
    return new BlobStore(dir, false);
  }

  /** A store that accepts new blobs; creates the folder. A link in place of a folder in it is refused. */
  static async writable(dir: string): Promise<BlobStore> {
    await makeFolder(join(dir, "blobs"));
    await ConfinedFolder.within(dir, async (folder) => {
      for (const path of ["blobs", "blobs/sha256", ingestFolder])
        if ((await folder.stat(path)) !== undefined) await folder.list(path);
    });
    return new BlobStore(dir, true);
  }

  /** NOT_FOUND if the blob does not exist, INVALID_ARGUMENT if the digest is not valid. */
  async info(digest: string): Promise<BlobInfo> {
    const stat = await lstat(this.#blobPath(digest)).catch((error: NodeJS.ErrnoException) => {
      throw error.code === "ENOENT" || error.code === "ENOTDIR" ? notFound(digest) : error;
    });
    if (!stat.isFile()) throw notFound(digest);
    return { digest, size: stat.size, modified: stat.mtime };
  }

  /** Reads `size` bytes from an offset, or all bytes if `size` is not positive. */
  async *read(digest: string, offset = 0, size = 0): AsyncGenerator<Buffer> {
    const total = (await this.info(digest)).size;
    const start = Math.max(offset, 0);
    if (start > total)
      throw new StatusError(Code.OutOfRange, `The content ${digest} has only ${total} bytes.`);
    let left = size > 0 ? Math.min(size, total - start) : total - start;
    const file = await open(this.#blobPath(digest), constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      for (let position = start; left > 0; ) {
        const chunk = Buffer.allocUnsafe(Math.min(left, readBytes));
        const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
        if (bytesRead === 0)
          throw new StatusError(Code.DataLoss, `The content ${digest} became shorter while it was read.`);
        yield chunk.subarray(0, bytesRead);
        position += bytesRead;
        left -= bytesRead;
      }
    } finally {
      await file.close();
    }
  }

  /**
   * Starts or continues the ingest `ref`, which can have one writer at a time. ALREADY_EXISTS if the expected blob
   * exists.
   */
  async openIngest(ref: string, total: number, expected: string): Promise<Ingest> {
    if (!this.#writable) throw new StatusError(Code.PermissionDenied, "This content store is read-only.");
    if (expected !== "" && (await this.#has(expected))) {
      await this.abort(ref);
      throw alreadyExists(expected);
    }
    let ingest = this.#ingests.get(ref);
    if (ingest === undefined) {
      if (this.#ingests.size >= maxIngests)
        throw transferTooLarge("The transfer", `${maxIngests} incomplete blobs`);
      ingest = new Ingest(this.#dir, ref, total, expected);
      this.#ingests.set(ref, ingest);
    }
    await ingest.acquire();
    return ingest;
  }

  /** Removes a committed ingest from the list. */
  finish(ingest: Writing): void {
    this.#ingests.delete(ingest.ref);
  }

  /** Adds a blob unless it exists. */
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

  /** Adds a blob unless it exists, and reads it only then. */
  async putStream(
    digest: string,
    size: number,
    data: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void> {
    if (await this.#has(digest)) return;
    const ingest = await this.openIngest(digest, size, digest);
    try {
      for await (const chunk of data) {
        signal.throwIfAborted();
        await ingest.write(chunk);
      }
      this.finish(ingest);
      await ingest.commit(size, digest);
    } finally {
      ingest.release();
    }
  }

  /** The ingest `ref`; NOT_FOUND if it does not exist. */
  ingest(ref: string): Ingest {
    const ingest = this.#ingests.get(ref);
    if (ingest === undefined) throw new StatusError(Code.NotFound, `There is no ingest ${ref}.`);
    return ingest;
  }

  /** Removes the ingest `ref` and its bytes. */
  async abort(ref: string): Promise<void> {
    const ingest = this.#ingests.get(ref);
    this.#ingests.delete(ref);
    await ingest?.discard();
  }

  /** Removes all ingests that were not committed. */
  async close(): Promise<void> {
    const aborts = [...this.#ingests.keys()].map((ref) => this.abort(ref));
    const outcomes = await Promise.allSettled(aborts);
    // It stays if another store writes to the same folder.
    if (this.#writable) await rmdir(join(this.#dir, ingestFolder)).catch(() => {});
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
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

  // The digest is validated before it becomes part of a path, so that the path cannot lead out of the folder.
  #blobPath(digest: string): string {
    if (!digestPattern.test(digest))
      throw new StatusError(Code.InvalidArgument, `${JSON.stringify(digest)} is not a digest.`);
    return join(this.#dir, blobPath(digest));
  }
}

function notFound(digest: string): StatusError {
  return new StatusError(Code.NotFound, `Content ${digest} not found.`);
}
