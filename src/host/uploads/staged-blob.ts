import { createHash, randomUUID } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { requireSpace } from "./upload-errors.js";

/** Bytes after which free space is checked again. */
const spaceCheckBytes = 1 << 20;

/**
 * A temporary file that is being received, with the digest of its content so far. Its creator ends it with
 * {@link StagedBlob.seal} or {@link StagedBlob.discard}.
 */
export class StagedBlob {
  readonly #hash = createHash("sha256");
  #size = 0;

  readonly #file: FileHandle;

  private constructor(
    /** The temporary file. */
    readonly path: string,
    file: FileHandle,
    private readonly reservedBytes: number,
  ) {
    this.#file = file;
  }

  /** Creates an empty file in `folder`, readable by the host's user only. Appending keeps `reservedBytes` free. */
  static async create(folder: string, reservedBytes: number): Promise<StagedBlob> {
    const path = join(folder, randomUUID());
    return new StagedBlob(path, await open(path, "wx", 0o600), reservedBytes);
  }

  /** Bytes received. */
  get size(): number {
    return this.#size;
  }

  /** Appends bytes; resolves when they are written. Do not call it again before that. */
  async append(data: Uint8Array): Promise<void> {
    this.#requireSpace(data.length);
    this.#hash.update(data);
    this.#size += data.length;
    await this.#file.appendFile(data);
  }

  /** Checks once per MiB, since chunks may be small. */
  #requireSpace(bytes: number): void {
    const checked = Math.ceil(this.#size / spaceCheckBytes);
    if (this.#size + bytes <= checked * spaceCheckBytes) return;
    requireSpace(dirname(this.path), Math.max(bytes, spaceCheckBytes), this.reservedBytes);
  }

  /** Closes the file and returns the digest of its content; then the caller owns the file. */
  async seal(): Promise<string> {
    await this.#file.close();
    return `sha256:${this.#hash.digest("hex")}`;
  }

  /** Closes and removes the file. */
  async discard(): Promise<void> {
    try {
      await this.#file.close();
    } finally {
      await rm(this.path, { force: true });
    }
  }
}
