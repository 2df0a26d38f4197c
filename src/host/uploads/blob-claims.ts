import { forEachLimit } from "../../util/for-each-limit.js";
import { hasRole, type Principal } from "../access/principal.js";
import type { StagedBlob } from "./staged-blob.js";
import type { UploadBlobs } from "./upload-blobs.js";

/** The blobs that one upload uses, each claimed once. Its owner calls `release` or `discard`. */
export class BlobClaims {
  readonly #held = new Set<string>();
  /** Blobs that this upload added to the store. */
  readonly #added = new Set<string>();

  /** @param owner the principal that uploads; a digest proves nothing, so it has to send what others have sent */
  constructor(
    readonly store: UploadBlobs,
    private readonly owner: Principal,
  ) {}

  /** Whether the upload has claimed this content. */
  has(digest: string): boolean {
    return this.#held.has(digest);
  }

  /** Claims content that the store has and the owner may use; otherwise false. */
  take(digest: string, size: number): boolean {
    if (this.#held.has(digest)) return true;
    if (!hasRole(this.owner, "admin") && !this.store.wasSentBy(digest, this.owner.id)) return false;
    if (!this.store.claim(digest, size)) return false;
    this.#held.add(digest);
    return true;
  }

  /** Stores small content in one step. */
  async put(digest: string, data: Uint8Array): Promise<void> {
    if (this.#held.has(digest)) return;
    this.#keep(digest, await this.store.put(digest, data));
  }

  /** Stores a sealed staged blob. */
  async commit(staged: StagedBlob, digest: string): Promise<void> {
    this.#keep(digest, await this.store.commit(staged.path, digest, staged.size));
  }

  /** Releases the contents; they stay in the cache. */
  release(): void {
    for (const digest of this.#held) this.store.release(digest);
    this.#held.clear();
  }

  /** Releases the contents and deletes those that this upload added, unless another upload uses them. */
  async discard(): Promise<void> {
    this.release();
    await forEachLimit(this.#added, 8, (digest) => this.store.drop(digest));
    this.#added.clear();
  }

  #keep(digest: string, isNew: boolean): void {
    this.store.addSender(digest, this.owner.id);
    if (isNew) this.#added.add(digest);
    // The same content may arrive twice concurrently; one claim is enough.
    if (this.#held.has(digest)) this.store.release(digest);
    else this.#held.add(digest);
  }
}
