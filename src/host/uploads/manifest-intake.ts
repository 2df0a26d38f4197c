import { Code } from "@connectrpc/connect";
import type { Reason } from "../../errors/reasons.js";
import { typedError } from "../../errors/typed-error.js";
import { type Blob, EntryType, type ManifestEntry } from "../../gen/slipway/v1/upload_pb.js";
import { nameOf } from "../../util/file-name.js";
import { forEachLimit } from "../../util/for-each-limit.js";
import type { BlobClaims } from "./blob-claims.js";
import type { UploadLimits } from "./limits.js";
import type { StagedBlob } from "./staged-blob.js";
import { checkPath, checkTarget, checkTime, Tree, type TreeNode } from "./tree.js";
import { digestOf, isDigest } from "./upload-blobs.js";
import { entryRefused, offsetMismatch, tooMany } from "./upload-errors.js";

/** Maximum number of incomplete contents of one upload. */
const maxStaged = 16;
/** Maximum number of concurrent writes of small contents. */
const parallelWrites = 16;
/** Maximum number of paths in the error about missing contents. */
const namedPaths = 10;

/** An upload with a manifest: its entries and missing contents arrive in any number of calls. */
export class ManifestIntake {
  readonly tree: Tree;
  /** Sizes of the missing contents, by digest. */
  readonly #missing = new Map<string, number>();
  readonly #staged = new Map<string, StagedBlob>();

  constructor(
    private readonly claims: BlobClaims,
    limits: UploadLimits,
  ) {
    this.tree = new Tree(limits, (bytes) => claims.useMemory(bytes));
  }

  /** Adds entries and returns the digests of their contents that the host lacks. */
  addEntries(entries: ManifestEntry[]): string[] {
    const missing = new Set<string>();
    for (const [index, entry] of entries.entries()) {
      const field = `entries[${index}]`;
      const path = entry.rawPath.length > 0 ? nameOf(entry.rawPath) : entry.path;
      const names = checkPath(path, this.tree.limits, `${field}.path`);
      const parent = this.tree.get(names.slice(0, -1).join("/"));
      if (parent?.type !== "directory")
        throw entryRefused(path, "its folder is not an earlier entry", `${field}.path`);
      const name = names.at(-1)!;
      if (parent.children.has(name))
        throw entryRefused(path, "an earlier entry has the same path", `${field}.path`);
      const node = toNode(path, entry, this.tree.limits, field);
      this.tree.set(parent, name, node);
      if (node.type !== "file" || this.claims.take(node.digest, node.size)) continue;
      const size = this.#missing.get(node.digest) ?? node.size;
      if (size !== node.size)
        throw entryRefused(
          path,
          `another entry with the same digest has ${size} bytes`,
          `${field}.size_bytes`,
        );
      this.claims.expect(node.digest, node.size);
      this.#missing.set(node.digest, node.size);
      missing.add(node.digest);
    }
    return [...missing];
  }

  /** Stores contents or chunks of them. Contents that the host already has are ignored. */
  async addBlobs(blobs: Blob[]): Promise<void> {
    const small: { digest: string; data: Uint8Array }[] = [];
    for (const [index, blob] of blobs.entries()) {
      const field = `blobs[${index}]`;
      const { digest, data } = blob;
      const size = this.#missing.get(digest);
      if (size === undefined) {
        if (this.claims.has(digest)) continue;
        throw badBlob(
          "UPLOAD_BLOB_UNKNOWN",
          `${field}.digest`,
          `No entry has the digest ${JSON.stringify(digest)}.`,
        );
      }
      if (blob.sizeBytes !== BigInt(size))
        throw badBlob(
          "UPLOAD_DIGEST_MISMATCH",
          `${field}.size_bytes`,
          `The entry has ${size} bytes, not ${blob.sizeBytes}.`,
        );
      const complete = data.length === size && !this.#staged.has(digest);
      if (!complete || blob.offset !== 0n) await this.#addChunk(blob, size, field);
      else {
        if (digestOf(data) !== digest) throw wrongContent(field, digest);
        small.push({ digest, data });
      }
    }
    await forEachLimit(small, parallelWrites, async ({ digest, data }) => {
      await this.claims.put(digest, data);
      this.#missing.delete(digest);
    });
  }

  /** Returns the tree; throws when contents are missing. */
  finish(): Tree {
    // Another upload may have added them meanwhile.
    for (const [digest, size] of this.#missing)
      if (this.claims.take(digest, size)) this.#missing.delete(digest);
    if (this.#missing.size === 0) return this.tree;
    const paths: string[] = [];
    for (const { path, node } of this.tree.files()) {
      if (this.#missing.has(node.digest)) paths.push(path);
      if (paths.length > namedPaths) break;
    }
    const named = paths.slice(0, namedPaths).map((path) => JSON.stringify(path));
    throw typedError({
      code: Code.FailedPrecondition,
      reason: "UPLOAD_INCOMPLETE",
      message: `The upload lacks ${this.#missing.size} contents, for ${named.join(", ")}${paths.length > namedPaths ? " and more" : ""}.`,
      metadata: { missing: String(this.#missing.size) },
      remedy: "Send them with AddBlobs.",
    });
  }

  /** Deletes incomplete contents. */
  async abort(): Promise<void> {
    for (const staged of this.#staged.values()) await staged.discard();
    this.#staged.clear();
  }

  async #addChunk(blob: Blob, size: number, field: string): Promise<void> {
    const { digest, data } = blob;
    const staged = await this.#stagedFor(digest);
    if (blob.offset !== BigInt(staged.size))
      throw offsetMismatch(`The content ${digest}`, blob.offset, staged.size);
    if (staged.size + data.length > size) throw await this.#refuse(staged, digest, field);
    await staged.append(data);
    if (staged.size < size) return;
    if ((await staged.seal()) !== digest) throw await this.#refuse(staged, digest, field);
    await this.claims.commit(staged, digest);
    this.#staged.delete(digest);
    this.#missing.delete(digest);
  }

  async #stagedFor(digest: string): Promise<StagedBlob> {
    const known = this.#staged.get(digest);
    if (known) return known;
    if (this.#staged.size >= maxStaged)
      throw tooMany(
        `The upload has ${maxStaged} incomplete contents, which is the limit.`,
        "Complete one before you start another.",
      );
    const staged = await this.claims.store.stage();
    this.#staged.set(digest, staged);
    return staged;
  }

  async #refuse(staged: StagedBlob, digest: string, field: string) {
    this.#staged.delete(digest);
    await staged.discard();
    return wrongContent(field, digest);
  }
}

function badBlob(reason: Reason, field: string, message: string) {
  return typedError({
    code: Code.InvalidArgument,
    reason,
    message,
    fields: [{ field, message, reason }],
  });
}

function wrongContent(field: string, digest: string) {
  return badBlob(
    "UPLOAD_DIGEST_MISMATCH",
    `${field}.data`,
    `The content does not have the digest ${digest}.`,
  );
}

function toNode(path: string, entry: ManifestEntry, limits: UploadLimits, field: string): TreeNode {
  const { modifyTime, rawLinkTarget } = entry;
  if (entry.mode & ~0o7777)
    throw entryRefused(path, "its mode has bits other than permission bits", `${field}.mode`);
  const { seconds, nanos } = modifyTime ?? { seconds: 0n, nanos: 0 };
  if (nanos < 0 || nanos > 999_999_999)
    throw entryRefused(path, "the nanoseconds of its time are out of range", `${field}.modify_time`);
  const metadata = {
    mode: entry.mode,
    mtimeNs: checkTime(path, seconds * 1_000_000_000n + BigInt(nanos), `${field}.modify_time`),
  };
  switch (entry.type) {
    case EntryType.DIRECTORY:
      return { type: "directory", ...metadata, children: new Map() };
    case EntryType.SYMLINK: {
      const target = rawLinkTarget.length > 0 ? nameOf(rawLinkTarget) : entry.linkTarget;
      checkTarget(path, target, limits, `${field}.link_target`);
      return { type: "symlink", ...metadata, target };
    }
    case EntryType.FILE: {
      const size = Number(entry.sizeBytes);
      if (!isDigest(entry.digest))
        throw entryRefused(path, 'its digest is not "sha256:" and 64 hex digits', `${field}.digest`);
      if (!Number.isSafeInteger(size) || size < 0)
        throw entryRefused(path, "its size is out of range", `${field}.size_bytes`);
      return { type: "file", ...metadata, digest: entry.digest, size };
    }
    default:
      throw entryRefused(path, "its type is not set or unknown", `${field}.type`);
  }
}
