import { createHash, type Hash, randomUUID } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import { blobPath } from "../../image/oci-index.js";
import { ConfinedFolder } from "../../util/confined-folder.js";

/** Folder of incomplete blobs within the store. */
export const ingestFolder = "ingest";

/**
 * A blob that is being written: a file in the ingest folder, hashed on the way. Links in place of the store's folders are
 * refused, so that nothing is written behind them.
 */
export class Ingest {
  readonly startedAt = new Date();
  updatedAt = this.startedAt;
  /** Bytes written. */
  offset = 0;
  readonly #path = `${ingestFolder}/${randomUUID()}`;
  #file: FileHandle | undefined;
  #hash: Hash;
  #busy = false;
  readonly #algorithm: string;

  /**
   * @param dir the store's folder
   * @param total expected size in bytes; 0 if unknown
   * @param expected digest; empty if unknown
   */
  constructor(
    private readonly dir: string,
    readonly ref: string,
    readonly total: number,
    readonly expected: string,
  ) {
    this.#algorithm = expected.split(":")[0] || "sha256";
    this.#hash = createHash(this.#algorithm);
  }

  /** The digest of the bytes so far. */
  get digest(): string {
    return `${this.#algorithm}:${this.#hash.copy().digest("hex")}`;
  }

  /** Acquires the ingest for one writer. UNAVAILABLE, on which BuildKit retries, if there is another one. */
  async acquire(): Promise<void> {
    if (this.#busy) throw new StatusError(Code.Unavailable, `Another call is writing ${this.ref}.`);
    this.#busy = true;
    try {
      this.#file ??= await ConfinedFolder.within(this.dir, (folder) => folder.createFile(this.#path));
    } catch (error) {
      this.#busy = false;
      throw error;
    }
  }

  /** Allows another writer to continue. */
  release(): void {
    this.#busy = false;
  }

  /** Appends bytes. */
  async write(data: Uint8Array): Promise<void> {
    if (this.total > 0 && this.offset + data.length > this.total)
      throw new StatusError(
        Code.FailedPrecondition,
        `${this.ref} has more than the announced ${this.total} bytes.`,
      );
    for (let done = 0; done < data.length; ) {
      const { bytesWritten } = await this.#open().write(data, done, data.length - done, this.offset + done);
      done += bytesWritten;
    }
    this.#hash.update(data);
    this.offset += data.length;
    this.updatedAt = new Date();
  }

  /** Removes all bytes. */
  async truncate(): Promise<void> {
    await this.#open().truncate(0);
    this.#hash = createHash(this.#algorithm);
    this.offset = 0;
  }

  /**
   * Adds the blob to the store. FAILED_PRECONDITION if size or digest differ from the expected ones, ALREADY_EXISTS if
   * another writer was faster. The ingest ends in every case.
   */
  async commit(total: number, expected: string): Promise<string> {
    const { digest, offset } = this;
    const file = this.#open();
    try {
      if (total > 0 && total !== offset)
        throw new StatusError(Code.FailedPrecondition, `${this.ref} has ${offset} bytes, not ${total}.`);
      if (expected !== "" && expected !== digest)
        throw new StatusError(
          Code.FailedPrecondition,
          `${this.ref} has the digest ${digest}, not ${expected}.`,
        );
      await file.chmod(0o444);
      await file.datasync();
      await ConfinedFolder.within(this.dir, async (folder) => {
        if (await folder.stat(blobPath(digest))) throw alreadyExists(digest);
        await folder.rename(this.#path, blobPath(digest));
      });
      return digest;
    } finally {
      await this.discard();
    }
  }

  /** Closes and removes the file, unless it was removed with the store's folder. */
  async discard(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    await file.close();
    await ConfinedFolder.within(this.dir, (folder) => folder.remove(this.#path)).catch((error) => {
      if (error.code !== "ENOENT") throw error;
    });
  }

  #open(): FileHandle {
    if (this.#file === undefined) throw new StatusError(Code.Aborted, `The ingest ${this.ref} was aborted.`);
    return this.#file;
  }
}

/** BuildKit treats this as success. */
export function alreadyExists(digest: string): StatusError {
  return new StatusError(Code.AlreadyExists, `Content ${digest} already exists.`);
}
