import { PassThrough } from "node:stream";
import { drained } from "../../util/drained.js";
import type { BlobClaims } from "./blob-claims.js";
import type { UploadLimits } from "./limits.js";
import { readTar } from "./tar-reader.js";
import type { Tree } from "./tree.js";
import { offsetMismatch } from "./upload-errors.js";

/** Bytes that may be queued for unpacking before a chunk is confirmed. */
const queuedBytes = 1 << 20;

/** A tar archive that arrives in chunks, one per call; it is unpacked as they arrive. */
export class TarIntake {
  readonly #pipe = new PassThrough({ highWaterMark: queuedBytes });
  readonly #stop = new AbortController();
  readonly #tree: Promise<Tree>;
  #offset = 0;

  constructor(claims: BlobClaims, limits: UploadLimits) {
    this.#tree = readTar(this.#pipe, { claims, limits, signal: this.#stop.signal });
    // The next call reports the error.
    this.#tree.catch(() => {});
  }

  /** Bytes received. */
  get offset(): number {
    return this.#offset;
  }

  /** Takes a chunk; resolves when there is room for more. Rejects with the error of the archive so far. */
  async write(offset: bigint, data: Uint8Array): Promise<void> {
    if (offset !== BigInt(this.#offset)) throw offsetMismatch("The upload", offset, this.#offset);
    this.#offset += data.length;
    const room = this.#pipe.write(data) ? Promise.resolve() : drained(this.#pipe);
    // Before the end of the archive the tree can only reject, and does so when the pipe is closed.
    await Promise.race([this.#tree, room]);
    if (this.#pipe.destroyed) await this.#tree;
  }

  /** Ends the archive and returns its tree. */
  finish(): Promise<Tree> {
    this.#pipe.end();
    return this.#tree;
  }

  /** Stops unpacking; resolves when all writes have ended. */
  async abort(reason: Error): Promise<void> {
    this.#stop.abort(reason);
    this.#pipe.destroy();
    await this.#tree.catch(() => {});
  }
}
