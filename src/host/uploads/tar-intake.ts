import { PassThrough } from "node:stream";
import type { BlobClaims } from "./blob-claims.js";
import type { UploadLimits } from "./limits.js";
import { readTar } from "./tar-reader.js";
import type { Tree } from "./tree.js";
import { offsetMismatch } from "./upload-errors.js";

/** Bytes that may wait to be unpacked before a piece is confirmed. */
const waitingBytes = 1 << 20;

/** A tar archive that comes in pieces, each with a call of its own; it is unpacked as they come. */
export class TarIntake {
  readonly #pipe = new PassThrough({ highWaterMark: waitingBytes });
  readonly #stop = new AbortController();
  readonly #tree: Promise<Tree>;
  #offset = 0;

  constructor(claims: BlobClaims, limits: UploadLimits) {
    this.#tree = readTar(this.#pipe, { claims, limits, signal: this.#stop.signal });
    // Whoever writes or finishes next is told.
    this.#tree.catch(() => {});
  }

  /** Bytes received. */
  get offset(): number {
    return this.#offset;
  }

  /** Takes a piece; resolves when there is room for more. Rejects with what is wrong with the archive so far. */
  async write(offset: bigint, data: Uint8Array): Promise<void> {
    if (offset !== BigInt(this.#offset)) throw offsetMismatch("the upload", offset, this.#offset);
    this.#offset += data.length;
    const room = this.#pipe.write(data)
      ? undefined
      : new Promise((resolve) => this.#pipe.once("drain", resolve));
    // A tree before the end is never there, only the reason why there will be none.
    await Promise.race([this.#tree, room ?? Promise.resolve()]);
  }

  /** Ends the archive and returns what was in it. */
  finish(): Promise<Tree> {
    this.#pipe.end();
    return this.#tree;
  }

  /** Stops unpacking; resolves when nothing is written any more. */
  async abort(reason: Error): Promise<void> {
    this.#stop.abort(reason);
    this.#pipe.destroy();
    await this.#tree.catch(() => {});
  }
}
