import { forEachLimit } from "../../util/for-each-limit.js";
import { hasRole, type Principal } from "../access/principal.js";
import type { StagedBlob } from "./staged-blob.js";
import type { UploadBlobs } from "./upload-blobs.js";
import type { UploadQuotas } from "./upload-quotas.js";

/**
 * The blobs that one upload uses, each claimed once, and what the upload uses of its owner's quotas. Its owner calls
 * `release` or `discard`.
 */
export class BlobClaims {
  readonly #held = new Set<string>();
  /** Blobs that this upload added to the store. */
  readonly #added = new Set<string>();
  /** Sizes of the contents that are counted for this upload. */
  readonly #counted = new Map<string, number>();
  #memory = 0;

  /**
   * @param owner the principal that uploads; knowing a digest does not prove possession, so it must send content that
   * others already sent
   */
  constructor(
    readonly store: UploadBlobs,
    private readonly quotas: UploadQuotas,
    private readonly owner: Principal,
  ) {}

  /** Whether the upload has claimed this content. */
  has(digest: string): boolean {
    return this.#held.has(digest);
  }

  /** Counts memory of the upload. */
  useMemory(bytes: number): void {
    this.quotas.take(this.owner, "memory", bytes);
    this.#memory += bytes;
  }

  /** Counts content that will arrive, so that it is refused before it is sent. */
  expect(digest: string, size: number): void {
    if (this.#counted.has(digest)) return;
    this.quotas.hold(this.owner, digest, size);
    this.#counted.set(digest, size);
  }

  /** Counts content whose digest is not known yet; the caller ends that before it commits or discards the content. */
  reserve(size: number): () => void {
    this.quotas.take(this.owner, "bytes", size);
    let left = size;
    return () => {
      this.quotas.give(this.owner, "bytes", left);
      left = 0;
    };
  }

  /** Claims content that the store has and the owner may use; otherwise false. */
  take(digest: string, size: number): boolean {
    if (this.#held.has(digest)) return true;
    if (!hasRole(this.owner, "admin") && !this.store.wasSentBy(digest, this.owner.id)) return false;
    if (!this.store.claim(digest, size)) return false;
    this.#held.add(digest);
    this.expect(digest, size);
    return true;
  }

  /** Stores small content in one step. */
  async put(digest: string, data: Uint8Array): Promise<void> {
    if (this.#held.has(digest)) return;
    this.expect(digest, data.length);
    this.#keep(digest, await this.store.put(digest, data));
  }

  /** Stores a sealed staged blob. */
  async commit(staged: StagedBlob, digest: string): Promise<void> {
    this.expect(digest, staged.size);
    this.#keep(digest, await this.store.commit(staged.path, digest, staged.size));
  }

  /** Releases the contents; they stay in the cache. */
  release(): void {
    for (const digest of this.#held) this.store.release(digest);
    this.#held.clear();
    for (const [digest, size] of this.#counted) this.quotas.drop(this.owner, digest, size);
    this.#counted.clear();
    this.quotas.give(this.owner, "memory", this.#memory);
    this.#memory = 0;
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
