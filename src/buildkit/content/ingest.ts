import { createHash, type Hash, randomUUID } from "node:crypto";
import { type FileHandle, lstat, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";

/** A blob on its way in: a file in the ingest folder, hashed while it is written. */
export class Ingest {
  readonly startedAt = new Date();
  updatedAt = this.startedAt;
  /** Bytes written. */
  offset = 0;
  #path: string;
  #file: FileHandle | undefined;
  #hash: Hash;
  #busy = false;
  readonly #algorithm: string;

  /**
   * @param folder where the file is made
   * @param total expected bytes, 0 when unknown
   * @param expected digest, empty when unknown
   * @param blobPath where a blob of a digest belongs
   */
  constructor(
    folder: string,
    readonly ref: string,
    readonly total: number,
    readonly expected: string,
    private readonly blobPath: (digest: string) => string,
  ) {
    this.#path = join(folder, randomUUID());
    this.#algorithm = expected.split(":")[0] || "sha256";
    this.#hash = createHash(this.#algorithm);
  }

  /** The digest of what is there so far. */
  get digest(): string {
    return `${this.#algorithm}:${this.#hash.copy().digest("hex")}`;
  }

  /** Takes the ingest for one writer; UNAVAILABLE while there is another, which makes BuildKit try again. */
  async acquire(): Promise<void> {
    if (this.#busy) throw new StatusError(Code.Unavailable, `${this.ref} is being written by another call`);
    this.#busy = true;
    try {
      await mkdir(dirname(this.#path), { recursive: true });
      this.#file ??= await open(this.#path, "wx", 0o600);
    } catch (error) {
      this.#busy = false;
      throw error;
    }
  }

  /** Lets another writer go on. */
  release(): void {
    this.#busy = false;
  }

  /** Adds bytes at the end. */
  async write(data: Uint8Array): Promise<void> {
    for (let done = 0; done < data.length; ) {
      const { bytesWritten } = await this.#open().write(data, done, data.length - done, this.offset + done);
      done += bytesWritten;
    }
    this.#hash.update(data);
    this.offset += data.length;
    this.updatedAt = new Date();
  }

  /** Starts over. */
  async truncate(): Promise<void> {
    await this.#open().truncate(0);
    this.#hash = createHash(this.#algorithm);
    this.offset = 0;
  }

  /**
   * Makes the blob of it. FAILED_PRECONDITION when size or digest are not what was announced, ALREADY_EXISTS when
   * somebody else was faster; in every case the ingest is over.
   */
  async commit(total: number, expected: string): Promise<string> {
    const { digest, offset } = this;
    const file = this.#open();
    try {
      if (total > 0 && total !== offset)
        throw new StatusError(Code.FailedPrecondition, `${this.ref} has ${offset} bytes, not ${total}`);
      if (expected !== "" && expected !== digest)
        throw new StatusError(Code.FailedPrecondition, `${this.ref} is ${digest}, not ${expected}`);
      await file.chmod(0o444);
      await file.datasync();
      const target = this.blobPath(digest);
      await mkdir(dirname(target), { recursive: true });
      if (await lstat(target).catch(() => undefined)) throw alreadyExists(digest);
      await rename(this.#path, target);
      return digest;
    } finally {
      await this.discard();
    }
  }

  /** Closes and removes the file. */
  async discard(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    await file.close();
    await rm(this.#path, { force: true });
  }

  #open(): FileHandle {
    if (this.#file === undefined) throw new StatusError(Code.Aborted, `writing ${this.ref} was given up`);
    return this.#file;
  }
}

/** BuildKit takes this for success: the content is there. */
export function alreadyExists(digest: string): StatusError {
  return new StatusError(Code.AlreadyExists, `content ${digest} already exists`);
}
