import { randomUUID } from "node:crypto";
import { chmod, mkdir } from "node:fs/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import type { Blob, ManifestEntry } from "../../gen/slipway/v1/upload_pb.js";
import type { FileSource } from "../../inputs/files/source.js";
import { maySee } from "../access/authorize.js";
import type { Principal } from "../access/principal.js";
import { type Limits, limitsWith } from "../quotas/limits.js";
import { BlobClaims } from "./blob-claims.js";
import { defaultUploadLimits, type UploadLimits } from "./limits.js";
import { ManifestIntake } from "./manifest-intake.js";
import { TarIntake } from "./tar-intake.js";
import { readTar } from "./tar-reader.js";
import { TreeSource } from "./tree-source.js";
import { type BlobCacheLimits, UploadBlobs } from "./upload-blobs.js";
import { withDiskErrors } from "./upload-errors.js";
import { UploadQuotas } from "./upload-quotas.js";
import { expectState, isReceiving, isRecoverable, type State } from "./upload-state.js";

/** Options of {@link Uploads}. */
export interface UploadsOptions {
  /** Folder of the uploads; created with mode 0700. */
  directory: string;
  /** Idle time of a finished upload, in milliseconds; default: 1 h. */
  idleMs?: number;
  /** Idle time of an unfinished upload, in milliseconds; default: 10 min. */
  unfinishedIdleMs?: number;
  /** How long a finished upload is kept for the build that it is for, in milliseconds; default: 1 min. */
  graceMs?: number;
  /** Limits of the cache; default: those of `limits`, 100 000 files, 7 days. */
  cache?: Partial<BlobCacheLimits>;
  /** Limits of one upload. */
  uploadLimits?: Partial<UploadLimits>;
  /** Limits of what principals use. */
  limits?: Limits;
  /** Free disk space that uploads leave for the host's state, in bytes; default: 64 MiB. */
  reservedBytes?: number;
}

/** Description of an upload. */
export interface UploadInfo {
  id: string;
  finished: boolean;
  entries: number;
  /** Total size of all files, in bytes. */
  size: number;
  /** When the upload is removed, unless it is used before. */
  expires: Date;
}

/** An upload in use by a build. */
export interface OpenedUpload {
  source: FileSource;
  /** The client's name for the uploads of one project; may be empty. */
  cacheKey: string;
  /** Total size of all files, in bytes. */
  size: number;
  /** Ends the use; further calls do nothing. */
  release(): void;
}

interface Upload {
  id: string;
  owner: Principal;
  cacheKey: string;
  claims: BlobClaims;
  /** Releases its slot for unfinished uploads; may be called again. */
  close(): void;
  state: State;
  /** Number of calls and builds that use it. */
  users: number;
  /** On the clock of `performance.now()`: a clock that is set must not end uploads. */
  lastUse: number;
  /** Resolves after the last call: calls on one upload run one at a time. */
  lastCall: Promise<unknown>;
  removed: boolean;
}

/**
 * The contexts that clients have uploaded. Their trees are in memory and end with the host; their contents are in
 * {@link UploadBlobs} and stay as a cache.
 */
export class Uploads {
  readonly #uploads = new Map<string, Upload>();
  readonly #closing = new AbortController();
  readonly #receiving = new Set<Promise<unknown>>();
  readonly #limits: UploadLimits;
  readonly #quotas: UploadQuotas;
  readonly #sweeper: NodeJS.Timeout;

  private constructor(
    private readonly store: UploadBlobs,
    private readonly options: Required<
      Omit<UploadsOptions, "cache" | "uploadLimits" | "limits" | "reservedBytes">
    >,
    limits: Limits,
    uploadLimits: Partial<UploadLimits> = {},
  ) {
    this.#limits = { ...defaultUploadLimits, ...uploadLimits };
    this.#quotas = new UploadQuotas(limits, {
      evict: (owner) => this.#evict(owner),
      nextEviction: (owner) => this.#nextEviction(owner),
    });
    const shortest = Math.min(options.idleMs, options.unfinishedIdleMs);
    this.#sweeper = setInterval(() => void this.#sweep(), Math.min(shortest / 4, 60_000)).unref();
  }

  /** Opens the folder, which no other process may use, and removes incomplete files of a killed host. */
  static async open(options: UploadsOptions): Promise<Uploads> {
    const { cache, uploadLimits, limits = limitsWith(), reservedBytes = 64 << 20, ...rest } = options;
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    await chmod(options.directory, 0o700);
    const limited = { bytes: limits["upload-cache"], count: 100_000, ageMs: 7 * 24 * 3_600_000, ...cache };
    const store = await UploadBlobs.open(options.directory, limited, reservedBytes);
    const defaults = { idleMs: 3_600_000, unfinishedIdleMs: 600_000, graceMs: 60_000 };
    return new Uploads(store, { ...defaults, ...rest }, limits, uploadLimits);
  }

  /** Bytes that the contents of a principal's uploads may have together; Infinity for no limit. */
  storageLimitOf(principal: Principal): number {
    return this.#quotas.storageLimitOf(principal);
  }

  /** Receives a complete tar archive. A failure leaves nothing behind. */
  async receiveTar(
    source: AsyncIterable<Uint8Array>,
    cacheKey: () => string,
    owner: Principal,
    signal: AbortSignal,
  ): Promise<UploadInfo> {
    const { claims, close } = this.#begin(owner);
    const read = readTar(source, {
      claims,
      limits: this.#limits,
      signal: AbortSignal.any([signal, this.#closing.signal]),
    })
      .then(
        (tree) => this.#add({ kind: "finished", tree }, cacheKey(), { owner, claims, close }),
        async (cause) => {
          await claims.discard();
          this.#quotas.give(owner, "uploads", 1);
          throw withDiskErrors(cause);
        },
      )
      .finally(close);
    return this.#info(await this.#track(read));
  }

  /** Creates an upload that is filled by further calls. */
  create(kind: "tar" | "manifest", cacheKey: string, owner: Principal): UploadInfo {
    const { claims, close } = this.#begin(owner);
    const state: State =
      kind === "tar"
        ? { kind, intake: new TarIntake(claims, this.#limits) }
        : { kind, intake: new ManifestIntake(claims, this.#limits) };
    return this.#info(this.#add(state, cacheKey, { owner, claims, close }));
  }

  /** Appends to a tar upload; returns the number of received bytes. */
  write(id: string, offset: bigint, data: Uint8Array, caller: Principal): Promise<number> {
    return this.#serialize(id, caller, async (upload) => {
      const { intake } = expectState(upload.state, "tar");
      await intake.write(offset, data);
      return intake.offset;
    });
  }

  /** Adds entries and then contents to a manifest upload; returns the digests of the entries' contents that the host lacks. */
  addToManifest(id: string, entries: ManifestEntry[], blobs: Blob[], caller: Principal): Promise<string[]> {
    return this.#serialize(id, caller, async (upload) => {
      const { intake } = expectState(upload.state, "manifest");
      const missing = intake.addEntries(entries);
      await intake.addBlobs(blobs);
      return missing;
    });
  }

  /** Completes an upload; may be repeated. */
  finish(id: string, caller: Principal): Promise<UploadInfo> {
    return this.#serialize(id, caller, async (upload) => {
      if (upload.state.kind === "tar" || upload.state.kind === "manifest")
        upload.state = { kind: "finished", tree: await upload.state.intake.finish() };
      upload.close();
      return this.#info(upload);
    });
  }

  /** Removes an upload. If it is in use, its content stays until the last use ends. */
  async delete(id: string, caller: Principal): Promise<void> {
    const upload = this.#uploads.get(id);
    if (upload && maySee(caller, upload.owner.id)) await this.#remove(upload);
  }

  /** Opens a finished upload. Throws UPLOAD_NOT_FOUND, UPLOAD_NOT_FINISHED or the error of a failed upload. */
  openUpload(id: string, caller: Principal): OpenedUpload {
    const upload = this.#find(id, caller);
    const { tree } = expectState(upload.state, "finished");
    const done = this.#use(upload);
    const { cacheKey } = upload;
    return { source: new TreeSource(tree, this.store), cacheKey, size: tree.size, release: done };
  }

  /** Aborts running calls and removes all uploads; their contents stay in the cache. */
  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#closing.abort(new ConnectError("The host is shutting down.", Code.Unavailable));
    await Promise.all([...this.#uploads.values()].map((upload) => this.#remove(upload)));
    await Promise.allSettled(this.#receiving);
    await this.store.trim();
  }

  /** Counts one more unfinished upload of a principal. */
  #begin(owner: Principal): Pick<Upload, "claims" | "close"> {
    this.#quotas.take(owner, "open", 1);
    let isOpen = true;
    const close = () => {
      if (isOpen) this.#quotas.give(owner, "open", 1);
      isOpen = false;
    };
    try {
      this.#quotas.take(owner, "uploads", 1);
    } catch (cause) {
      close();
      throw cause;
    }
    return { claims: new BlobClaims(this.store, this.#quotas, owner), close };
  }

  #add(state: State, cacheKey: string, parts: Pick<Upload, "owner" | "claims" | "close">): Upload {
    const upload: Upload = {
      ...parts,
      id: randomUUID(),
      cacheKey,
      state,
      users: 0,
      lastUse: performance.now(),
      lastCall: Promise.resolve(),
      removed: false,
    };
    this.#uploads.set(upload.id, upload);
    return upload;
  }

  #find(id: string, caller: Principal): Upload {
    const upload = this.#uploads.get(id);
    if (!upload || !maySee(caller, upload.owner.id))
      throw typedError({
        code: Code.NotFound,
        reason: "UPLOAD_NOT_FOUND",
        message: `There is no upload ${JSON.stringify(id.slice(0, 64))}; it may have expired.`,
        remedy: "Upload the context again.",
      });
    if (upload.state.kind === "failed") throw upload.state.error;
    return upload;
  }

  /** Runs a call on an upload after the previous ones. An unrecoverable error deletes the contents of the upload. */
  #serialize<T>(id: string, caller: Principal, call: (upload: Upload) => Promise<T>): Promise<T> {
    const upload = this.#find(id, caller);
    const done = this.#use(upload);
    const result = upload.lastCall
      .then(() => call(this.#find(id, caller)))
      .catch(async (cause) => {
        const error = withDiskErrors(cause);
        if (isReceiving(upload.state) && !isRecoverable(error)) await this.#fail(upload, error);
        throw error;
      })
      .finally(done);
    upload.lastCall = result.catch(() => {});
    return this.#track(result);
  }

  #use(upload: Upload): () => void {
    upload.users++;
    let used = true;
    return () => {
      if (!used) return;
      used = false;
      upload.users--;
      upload.lastUse = performance.now();
      if (upload.removed && upload.users === 0) this.#release(upload);
    };
  }

  async #fail(upload: Upload, error: unknown): Promise<void> {
    const { state } = upload;
    upload.state = { kind: "failed", error };
    if (isReceiving(state)) await state.intake.abort(error as Error);
    await upload.claims.discard();
    upload.close();
  }

  async #remove(upload: Upload): Promise<void> {
    this.#forget(upload);
    const deleted = new ConnectError("The upload was deleted.", Code.Aborted);
    // A running call may wait until the archive is unpacked, so unpacking is aborted first.
    if (upload.state.kind === "tar") await upload.state.intake.abort(deleted);
    await upload.lastCall;
    if (isReceiving(upload.state)) await this.#fail(upload, deleted);
    if (upload.users === 0) this.#release(upload);
  }

  #forget(upload: Upload): void {
    if (!this.#uploads.delete(upload.id)) return;
    upload.removed = true;
    this.#quotas.give(upload.owner, "uploads", 1);
  }

  #release(upload: Upload): void {
    upload.claims.release();
    // Deletion may fail; the sweep tries again.
    this.#track(this.store.trim()).catch(() => {});
  }

  /** Removes the least recently used upload that makes room; of anyone, without an owner. */
  #evict(owner: Principal | undefined): boolean {
    const now = performance.now();
    const [oldest] = this.#unused(owner).filter((upload) => this.#evictableAt(upload) <= now);
    if (!oldest) return false;
    this.#forget(oldest);
    this.#release(oldest);
    return true;
  }

  #nextEviction(owner: Principal): number | undefined {
    const [next] = this.#unused(owner);
    return next && Math.max(0, Math.round(this.#evictableAt(next) - performance.now()));
  }

  /** Uploads that no call or build uses and that have ended, the least recently used first. */
  #unused(owner: Principal | undefined): Upload[] {
    return [...this.#uploads.values()]
      .filter((upload) => !owner || upload.owner.id === owner.id)
      .filter(({ users, state }) => users === 0 && !isReceiving(state))
      .sort((a, b) => a.lastUse - b.lastUse);
  }

  #evictableAt({ state, lastUse }: Upload): number {
    return state.kind === "failed" ? lastUse : lastUse + this.options.graceMs;
  }

  async #sweep(): Promise<void> {
    const now = performance.now();
    const expired = [...this.#uploads.values()].filter(
      (upload) => upload.users === 0 && this.#expiry(upload) <= now,
    );
    await Promise.all(expired.map((upload) => this.#remove(upload)));
    await this.store.trim();
  }

  #expiry({ state, lastUse }: Upload): number {
    return lastUse + (state.kind === "finished" ? this.options.idleMs : this.options.unfinishedIdleMs);
  }

  #info(upload: Upload): UploadInfo {
    const { id, state } = upload;
    const tree = state.kind === "finished" ? state.tree : undefined;
    return {
      id,
      finished: tree !== undefined,
      entries: tree?.entries ?? 0,
      size: tree?.size ?? 0,
      expires: new Date(Date.now() + this.#expiry(upload) - performance.now()),
    };
  }

  async #track<T>(work: Promise<T>): Promise<T> {
    this.#receiving.add(work);
    try {
      return await work;
    } finally {
      this.#receiving.delete(work);
    }
  }
}
