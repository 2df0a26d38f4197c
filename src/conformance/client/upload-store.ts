import { createHash } from "node:crypto";
import { Code } from "@connectrpc/connect";
import { encodeError } from "../../errors/typed-error.js";
import {
  type AddBlobsRequest,
  type Blob,
  type CreateUploadRequest,
  EntryType,
  type ManifestEntry,
} from "../../gen/slipway/v1/upload_pb.js";

/** The content-addressed upload of one client, in memory. */
export class UploadStore {
  /** The entries of the manifest, in the order in which they came. */
  readonly entries: ManifestEntry[] = [];
  /** Complete contents by digest, of those that the host lacked. */
  readonly contents = new Map<string, Buffer>();
  /** Chunks as they came. */
  readonly blobs: Blob[] = [];
  finished = false;
  deleted = false;
  readonly #parts = new Map<string, Buffer>();

  /** @param present digests of contents that the host has */
  constructor(readonly present: ReadonlySet<string> = new Set()) {}

  create({ entries }: CreateUploadRequest) {
    return { upload: { id: "upload-1" }, missingDigests: this.#addEntries(entries) };
  }

  add({ entries, blobs }: AddBlobsRequest) {
    const missingDigests = this.#addEntries(entries);
    for (const blob of blobs) this.#addBlob(blob);
    return { missingDigests };
  }

  finish({ id }: { id: string }) {
    const missing = this.entries.find(({ digest }) => digest && !this.#has(digest));
    if (missing) {
      throw encodeError({
        code: Code.FailedPrecondition,
        reason: "UPLOAD_INCOMPLETE",
        message: `The content of ${missing.path} is missing.`,
      });
    }
    this.finished = true;
    return { upload: { id, finished: true } };
  }

  delete(_request: { id: string }) {
    this.deleted = true;
    return {};
  }

  #has(digest: string): boolean {
    return this.present.has(digest) || this.contents.has(digest);
  }

  #addEntries(entries: ManifestEntry[]): string[] {
    this.entries.push(...entries);
    const files = entries.filter(({ type }) => type === EntryType.FILE);
    return [...new Set(files.map(({ digest }) => digest))].filter((digest) => !this.#has(digest));
  }

  #addBlob(blob: Blob): void {
    this.blobs.push(blob);
    const before = this.#parts.get(blob.digest) ?? Buffer.alloc(0);
    if (Number(blob.offset) !== before.length) {
      throw encodeError({
        code: Code.OutOfRange,
        reason: "UPLOAD_OFFSET_MISMATCH",
        message: `The chunk begins at ${blob.offset}, expected ${before.length}.`,
        metadata: { offset: String(before.length) },
      });
    }
    const content = Buffer.concat([before, blob.data]);
    this.#parts.set(blob.digest, content);
    if (BigInt(content.length) < blob.sizeBytes) return;
    if (digestOf(content) !== blob.digest) {
      throw encodeError({
        code: Code.InvalidArgument,
        reason: "UPLOAD_DIGEST_MISMATCH",
        message: `The content does not have the digest ${blob.digest}.`,
      });
    }
    this.contents.set(blob.digest, content);
  }
}

/** "sha256:<hex>" of bytes. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
