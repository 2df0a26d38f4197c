import { randomUUID } from "node:crypto";
import { chmod, mkdir } from "node:fs/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import type { Blob, ManifestEntry } from "../../gen/slipway/v1/upload_pb.js";
import type { FileSource } from "../../inputs/files/source.js";
import { maySee } from "../access/authorize.js";
import type { Principal } from "../access/principal.js";
import { BlobClaims } from "./blob-claims.js";
import { defaultUploadLimits, type UploadLimits } from "./limits.js";
import { ManifestIntake } from "./manifest-intake.js";
import { TarIntake } from "./tar-intake.js";
import { readTar } from "./tar-reader.js";
import { TreeSource } from "./tree-source.js";
import { type BlobCacheLimits, UploadBlobs } from "./upload-blobs.js";
import { tooMany, withDiskErrors } from "./upload-errors.js";
import { expectState, isReceiving, isRecoverable, type State } from "./upload-state.js";

/** Options of {@link Uploads}. */
export interface UploadsOptions {
  /** Folder of the uploads; created with mode 0700. */
  directory: string;
  /** Idle time of a finished upload, in milliseconds; default: 1 h. */
  idleMs?: number;
  /** Idle time of an unfinished upload, in milliseconds; default: 10 min. */
  unfinishedIdleMs?: number;
  /** Maximum number of unfinished uploads; default: 64. */
  maxUnfinished?: number;
  /** Limits of the cache; default: 2 GiB, 100 000 files, 7 days. */
  cache?: Partial<BlobCacheLimits>;
  /** Limits of one upload. */
  limits?: Partial<UploadLimits>;
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
  /** Ends the use; further calls do nothing. */
  release(): void;
}

interface Upload {
  id: string;
  owner: Principal;
  cacheKey: string;
  claims: BlobClaims;
  state: State;
  /** Number of calls and builds that use it. */
  users: number;
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
  readonly #sweeper: NodeJS.Timeout;

  private constructor(
    private readonly store: UploadBlobs,
    private readonly options: Required<Omit<UploadsOptions, "cache" | "limits" | "reservedBytes">>,
    limits: Partial<UploadLimits> = {},
  ) {
    this.#limits = { ...defaultUploadLimits, ...limits };
    const shortest = Math.min(options.idleMs, options.unfinishedIdleMs);
    this.#sweeper = setInterval(() => void this.#sweep(), Math.min(shortest / 4, 60_000)).unref();
  }

  /** Opens the folder, which no other process may use, and removes incomplete files of a killed host. */
  static async open(options: UploadsOptions): Promise<Uploads> {
    const { cache, limits, reservedBytes = 64 << 20, ...rest } = options;
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    await chmod(options.directory, 0o700);
    const limited = { bytes: 2 * 2 ** 30, count: 100_000, ageMs: 7 * 24 * 3_600_000, ...cache };
    const store = await UploadBlobs.open(options.directory, limited, reservedBytes);
    const defaults = { idleMs: 3_600_000, unfinishedIdleMs: 600_000, maxUnfinished: 64 };
    return new Uploads(store, { ...defaults, ...rest }, limits);
  }

  /** Receives a complete tar archive. A failure leaves nothing behind. */
  async receiveTar(
    source: AsyncIterable<Uint8Array>,
    cacheKey: () => string,
    owner: Principal,
    signal: AbortSignal,
  ): Promise<UploadInfo> {
    const claims = new BlobClaims(this.store, owner);
    const read = readTar(source, {
      claims,
      limits: this.#limits,
      signal: AbortSignal.any([signal, this.#closing.signal]),
    }).then(
      (tree) => this.#add({ kind: "finished", tree }, claims, cacheKey(), owner),
      async (cause) => {
        await claims.discard();
        throw withDiskErrors(cause);
      },
    );
    return this.#info(await this.#track(read));
  }

  /** Creates an upload that is filled by further calls. */
  create(kind: "tar" | "manifest", cacheKey: string, owner: Principal): UploadInfo {
    const unfinished = [...this.#uploads.values()].filter(({ state }) => isReceiving(state)).length;
    if (unfinished >= this.options.maxUnfinished)
      throw tooMany(
        `${unfinished} uploads are unfinished, which is the limit.`,
        "Finish or delete uploads, or try again later.",
      );
    const claims = new BlobClaims(this.store, owner);
    const state: State =
      kind === "tar"
        ? { kind, intake: new TarIntake(claims, this.#limits) }
        : { kind, intake: new ManifestIntake(claims, this.#limits) };
    return this.#info(this.#add(state, claims, cacheKey, owner));
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
    return { source: new TreeSource(tree, this.store), cacheKey: upload.cacheKey, release: done };
  }

  /** Aborts running calls and removes all uploads; their contents stay in the cache. */
  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#closing.abort(new ConnectError("The host is shutting down.", Code.Unavailable));
    await Promise.all([...this.#uploads.values()].map((upload) => this.#remove(upload)));
    await Promise.allSettled(this.#receiving);
    await this.store.trim();
  }

  #add(state: State, claims: BlobClaims, cacheKey: string, owner: Principal): Upload {
    const upload: Upload = {
      id: randomUUID(),
      owner,
      cacheKey,
      claims,
      state,
      users: 0,
      lastUse: Date.now(),
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
      upload.lastUse = Date.now();
      if (upload.removed && upload.users === 0) upload.claims.release();
    };
  }

  async #fail(upload: Upload, error: unknown): Promise<void> {
    const { state } = upload;
    upload.state = { kind: "failed", error };
    if (isReceiving(state)) await state.intake.abort(error as Error);
    await upload.claims.discard();
  }

  async #remove(upload: Upload): Promise<void> {
    this.#uploads.delete(upload.id);
    upload.removed = true;
    const deleted = new ConnectError("The upload was deleted.", Code.Aborted);
    // A running call may wait until the archive is unpacked, so unpacking is aborted first.
    if (upload.state.kind === "tar") await upload.state.intake.abort(deleted);
    await upload.lastCall;
    if (isReceiving(upload.state)) await this.#fail(upload, deleted);
    if (upload.users === 0) upload.claims.release();
  }

  async #sweep(): Promise<void> {
    const now = Date.now();
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
      expires: new Date(this.#expiry(upload)),
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
