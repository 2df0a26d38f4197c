import { forEachLimit } from "../../util/for-each-limit.js";
import type { StagedBlob } from "./staged-blob.js";
import type { UploadBlobs } from "./upload-blobs.js";

/** The blobs that one upload uses, each claimed once. Ended by `release` or `discard`. */
export class BlobClaims {
  readonly #held = new Set<string>();
  /** Those that this upload brought. */
  readonly #brought = new Set<string>();

  constructor(readonly store: UploadBlobs) {}

  /** Whether the upload has this content. */
  has(digest: string): boolean {
    return this.#held.has(digest);
  }

  /** Claims content that the store has; false when it has not. */
  take(digest: string, size: number): boolean {
    if (this.#held.has(digest)) return true;
    if (!this.store.claim(digest, size)) return false;
    this.#held.add(digest);
    return true;
  }

  /** Stores a small content whole. */
  async put(digest: string, data: Uint8Array): Promise<void> {
    if (this.#held.has(digest)) return;
    this.#keep(digest, await this.store.put(digest, data));
  }

  /** Stores what was staged; its digest must be known by now. */
  async commit(staged: StagedBlob, digest: string): Promise<void> {
    this.#keep(digest, await this.store.commit(staged.path, digest, staged.size));
  }

  /** Gives the contents up; they stay as a cache. */
  release(): void {
    for (const digest of this.#held) this.store.release(digest);
    this.#held.clear();
  }

  /** Gives the contents up and deletes those that came with this upload, unless another uses them. */
  async discard(): Promise<void> {
    this.release();
    await forEachLimit(this.#brought, 8, (digest) => this.store.drop(digest));
    this.#brought.clear();
  }

  #keep(digest: string, isNew: boolean): void {
    if (isNew) this.#brought.add(digest);
    // The same content may have arrived twice at once; one claim is enough.
    if (this.#held.has(digest)) this.store.release(digest);
    else this.#held.add(digest);
  }
}
