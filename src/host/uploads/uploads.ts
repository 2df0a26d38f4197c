import { createReadStream } from "node:fs";
import { chmod, mkdir, rm } from "node:fs/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import type { UploadRecord } from "../../gen/slipway/state/v1/upload_record_pb.js";
import type { Blob, ManifestEntry } from "../../gen/slipway/v1/upload_pb.js";
import type { FileSource } from "../../inputs/files/source.js";
import { KeyedMutex } from "../../util/keyed-mutex.js";
import { maySee } from "../access/authorize.js";
import type { Principal } from "../access/principal.js";
import { type Limits, limitsWith } from "../quotas/limits.js";
import { BlobClaims } from "./blob-claims.js";
import { KeptTrees } from "./kept-trees.js";
import { defaultUploadLimits, type UploadLimits } from "./limits.js";
import { ManifestIntake } from "./manifest-intake.js";
import type { FoundUpload } from "./shared/found-upload.js";
import { uploadsUnavailable } from "./shared/shared-store.js";
import type { SharedUploads } from "./shared/shared-uploads.js";
import { TarIntake } from "./tar-intake.js";
import { readTar } from "./tar-reader.js";
import type { Tree } from "./tree.js";
import { TreeSource } from "./tree-source.js";
import { Upload, type UploadInfo, type UploadParts, type UploadTimes } from "./upload.js";
import { type BlobCacheLimits, isDigest, UploadBlobs } from "./upload-blobs.js";
import { withDiskErrors } from "./upload-errors.js";
import { UploadQuotas } from "./upload-quotas.js";
import { ownerOf, partsOf, treeOf } from "./upload-records.js";
import { expectState, isReceiving, type State } from "./upload-state.js";

/** Options of {@link Uploads}. */
export interface UploadsOptions extends Partial<UploadTimes> {
  /** Folder of the uploads; created with mode 0700. */
  folder: string;
  /** Limits of the cache; default: those of `limits`, 100 000 files, 7 days. */
  cache?: Partial<BlobCacheLimits>;
  /** Limits of one upload. */
  uploadLimits?: Partial<UploadLimits>;
  /** Limits of what principals use. */
  limits?: Limits;
  /** Where the hosts of a database share finished uploads; without it they are this host's alone. */
  shared?: SharedUploads;
  /** Free disk space that uploads leave for the host's state, in bytes; default: 64 MiB. */
  reservedBytes?: number;
}

/** One hour, ten minutes and one minute. */
const defaultTimes: UploadTimes = { idleMs: 3_600_000, unfinishedIdleMs: 600_000, graceMs: 60_000 };

/** An upload in use by a build. */
export interface OpenedUpload {
  source: FileSource;
  /** The client's name for the uploads of one project; may be empty. */
  cacheKey: string;
  /** Total size of all files, in bytes. */
  size: number;
  /** Stores it for the next host, until its use and the upload have ended. */
  keep(): Promise<void>;
  /** Ends the use; further calls do nothing. */
  release(): void;
}

/**
 * The contexts that clients have uploaded. Their trees are in memory and end with the host, except those that it keeps for
 * builds of the next one; their contents are in {@link UploadBlobs} and stay as a cache.
 */
export class Uploads {
  readonly #uploads = new Map<string, Upload>();
  /** Ids of the uploads whose trees are stored, or being stored. */
  readonly #kept = new Map<string, Promise<void>>();
  /** Ids of the uploads that other hosts can use, or soon can. */
  readonly #sharing = new Map<string, Promise<void>>();
  /** Each upload of another host is fetched once. */
  readonly #fetching = new KeyedMutex();
  readonly #closing = new AbortController();
  readonly #receiving = new Set<Promise<unknown>>();
  readonly #limits: UploadLimits;
  readonly #quotas: UploadQuotas;
  readonly #sweeper: NodeJS.Timeout;

  private constructor(
    private readonly store: UploadBlobs,
    private readonly trees: KeptTrees,
    private readonly times: UploadTimes,
    limits: Limits,
    uploadLimits: Partial<UploadLimits> = {},
    private readonly shared?: SharedUploads,
  ) {
    this.#limits = { ...defaultUploadLimits, ...uploadLimits };
    this.#quotas = new UploadQuotas(limits, {
      evict: (owner) => this.#evict(owner),
      nextEviction: (owner) => this.#nextEviction(owner),
    });
    const shortest = Math.min(times.idleMs, times.unfinishedIdleMs);
    this.#sweeper = setInterval(() => void this.#sweep(), Math.min(shortest / 4, 60_000)).unref();
  }

  /**
   * Opens the folder, which no other process may use, with the uploads that an earlier host kept, and removes incomplete
   * files of a killed one.
   */
  static async open(options: UploadsOptions): Promise<Uploads> {
    const {
      folder,
      cache,
      uploadLimits,
      limits = limitsWith(),
      shared,
      reservedBytes = 64 << 20,
      ...times
    } = options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    const limited = { bytes: limits["upload-cache"], count: 100_000, ageMs: 7 * 24 * 3_600_000, ...cache };
    const trees = await KeptTrees.open(folder);
    let uploads!: Uploads;
    await UploadBlobs.open(folder, limited, reservedBytes, async (store) => {
      uploads = new Uploads(store, trees, { ...defaultTimes, ...times }, limits, uploadLimits, shared);
      for await (const [id, record] of trees.all()) await uploads.#restore(id, record);
    });
    return uploads;
  }

  /** Whether other hosts can use the uploads. */
  get areShared(): boolean {
    return this.shared !== undefined;
  }

  /**
   * Fetches an upload that a client sent to another host, unless it is here. One that is not there either is an error when it
   * is opened. Rejects with UPLOADS_UNAVAILABLE, and with the errors of an upload that is sent.
   */
  async fetch(id: string, caller: Principal): Promise<void> {
    const { shared } = this;
    if (!shared || this.#uploads.has(id)) return;
    await this.#track(this.#fetching.runExclusive(id, undefined, () => this.#fetch(shared, id, caller)));
  }

  async #fetch(shared: SharedUploads, id: string, caller: Principal): Promise<void> {
    const found = this.#uploads.has(id) ? undefined : await shared.find(id);
    if (!found) return;
    try {
      if (maySee(caller, found.head.owner)) await this.#receive(id, found);
    } finally {
      await found.close();
    }
  }

  /** Stores the contents of another host's upload here, and adds it. A failure leaves nothing behind. */
  async #receive(id: string, found: FoundUpload): Promise<void> {
    const owner = ownerOf(found.head);
    const { claims, close } = this.#begin(owner);
    try {
      const claim = (digest: string, size: number) => {
        claims.expect(digest, size);
        return isDigest(digest);
      };
      const tree = await treeOf(found.parts(), this.#limits, claim, (bytes) => claims.useMemory(bytes));
      if (!tree) throw uploadsUnavailable(new Error("an upload is damaged"));
      for await (const { digest, bytes } of found.contents()) {
        this.#closing.signal.throwIfAborted();
        await this.#stage(claims, digest, bytes);
      }
      this.#add({ kind: "finished", tree }, found.head.cacheKey, { owner, claims, close }, id);
    } catch (cause) {
      await claims.discard();
      this.#quotas.give(owner, "uploads", 1);
      throw withDiskErrors(cause);
    } finally {
      close();
    }
  }

  async #stage(claims: BlobClaims, digest: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    const staged = await this.store.stage();
    try {
      for await (const data of bytes) await staged.append(data);
    } catch (cause) {
      await staged.discard();
      throw cause;
    }
    const found = await staged.seal();
    if (found === digest) return claims.commit(staged, digest);
    await rm(staged.path, { force: true });
    throw uploadsUnavailable(new Error("an upload is damaged"));
  }

  /** Stores a finished upload for the other hosts, once. */
  async #share(upload: Upload): Promise<void> {
    if (!this.shared || upload.state.kind !== "finished" || this.#sharing.has(upload.id)) return;
    const { id, owner, cacheKey } = upload;
    const { tree } = upload.state;
    const stored = this.shared.put(id, partsOf(owner, cacheKey, tree), (digest) =>
      createReadStream(this.store.path(digest), { highWaterMark: 1 << 20 }),
    );
    this.#sharing.set(id, stored);
    await stored.catch((cause) => {
      this.#sharing.delete(id);
      throw cause;
    });
  }

  /** Restores an upload that an earlier host kept; one whose contents are not there any more is forgotten. */
  async #restore(id: string, record: UploadRecord): Promise<void> {
    const owner = ownerOf(record);
    let parts: Pick<UploadParts, "claims" | "close"> | undefined;
    try {
      parts = this.#begin(owner);
      const { claims } = parts;
      const claim = (digest: string, size: number) => {
        this.store.addSender(digest, owner.id);
        return claims.take(digest, size);
      };
      const tree = await treeOf([record], this.#limits, claim, (bytes) => claims.useMemory(bytes));
      if (!tree) throw new Error("A content is not there any more.");
      parts.close();
      this.#add({ kind: "finished", tree }, record.cacheKey, { ...parts, owner }, id);
      this.#kept.set(id, Promise.resolve());
      // The earlier host has stored it, too.
      if (this.shared) this.#sharing.set(id, Promise.resolve());
    } catch {
      // The build that needs it says so: UPLOAD_NOT_FOUND.
      if (parts) this.#quotas.give(owner, "uploads", 1);
      parts?.close();
      parts?.claims.release();
      await this.trees.remove(id);
    }
  }

  /** Stores the tree of an upload, once. */
  #keep({ id, owner, cacheKey }: Upload, tree: Tree): Promise<void> {
    const kept = this.#kept.get(id) ?? this.#storeTree(id, owner, cacheKey, tree);
    this.#kept.set(id, kept);
    return kept;
  }

  async #storeTree(id: string, owner: Principal, cacheKey: string, tree: Tree): Promise<void> {
    try {
      await this.trees.put(id, partsOf(owner, cacheKey, tree));
    } catch (cause) {
      this.#kept.delete(id);
      throw withDiskErrors(cause);
    }
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
    const upload = await this.#track(read);
    await this.#shareOrRemove(upload);
    return upload.info();
  }

  /** Creates an upload that is filled by further calls. */
  create(kind: "tar" | "manifest", cacheKey: string, owner: Principal): UploadInfo {
    const { claims, close } = this.#begin(owner);
    const state: State =
      kind === "tar"
        ? { kind, intake: new TarIntake(claims, this.#limits) }
        : { kind, intake: new ManifestIntake(claims, this.#limits) };
    return this.#add(state, cacheKey, { owner, claims, close }).info();
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
      await this.#share(upload);
      return upload.info();
    });
  }

  /** Nobody but this call knows the upload yet. */
  async #shareOrRemove(upload: Upload): Promise<void> {
    const done = upload.use();
    try {
      await this.#track(this.#share(upload));
    } catch (cause) {
      this.#forget(upload);
      void upload.delete();
      throw cause;
    } finally {
      done();
    }
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
    const done = upload.use();
    const { cacheKey } = upload;
    const source = new TreeSource(tree, this.store);
    return { source, cacheKey, size: tree.size, keep: () => this.#keep(upload, tree), release: done };
  }

  /** Aborts running calls and removes all uploads, except those that are kept and in use; their contents stay in the cache. */
  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#closing.abort(new ConnectError("The host is shutting down.", Code.Unavailable));
    await Promise.allSettled([...this.#kept.values(), ...this.#sharing.values()]);
    // A client that has just sent one may start its build at another host.
    this.#sharing.clear();
    // Builds that wait for the next host still use theirs.
    const others = [...this.#uploads.values()].filter(({ id, isUnused }) => isUnused || !this.#kept.has(id));
    await Promise.all(others.map((upload) => this.#remove(upload)));
    await Promise.allSettled(this.#receiving);
    this.shared?.close();
    await this.store.trim();
  }

  /** Counts one more unfinished upload of a principal. */
  #begin(owner: Principal): Pick<UploadParts, "claims" | "close"> {
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

  #add(state: State, cacheKey: string, parts: Omit<UploadParts, "release">, id?: string): Upload {
    const release = () => {
      parts.claims.release();
      this.#forgetTree(upload.id);
      // Deletion may fail; the sweep tries again.
      this.#track(this.store.trim()).catch(() => {});
    };
    const upload = new Upload(state, cacheKey, { ...parts, release }, this.times, id);
    this.#uploads.set(upload.id, upload);
    return upload;
  }

  /** A failure only leaves a file, whose upload the next host restores until it expires. */
  #forgetTree(id: string): void {
    const kept = this.#kept.get(id);
    this.#kept.delete(id);
    if (kept) this.#track(kept.then(() => this.trees.remove(id))).catch(() => {});
    const sharing = this.#sharing.get(id);
    this.#sharing.delete(id);
    if (sharing) this.#track(sharing.then(() => this.shared?.remove(id))).catch(() => {});
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

  /** Runs a call on an upload after the previous ones. */
  #serialize<T>(id: string, caller: Principal, call: (upload: Upload) => Promise<T>): Promise<T> {
    return this.#track(this.#find(id, caller).run(async () => call(this.#find(id, caller))));
  }

  async #remove(upload: Upload): Promise<void> {
    this.#forget(upload);
    await upload.delete();
  }

  #forget(upload: Upload): void {
    if (this.#uploads.delete(upload.id)) this.#quotas.give(upload.owner, "uploads", 1);
  }

  /** Removes the least recently used upload that makes room; of anyone, without an owner. */
  #evict(owner: Principal | undefined): boolean {
    const now = performance.now();
    const [oldest] = this.#unused(owner).filter(({ evictableAt }) => evictableAt <= now);
    if (!oldest) return false;
    this.#forget(oldest);
    oldest.evict();
    return true;
  }

  #nextEviction(owner: Principal): number | undefined {
    const [next] = this.#unused(owner);
    return next && Math.max(0, Math.round(next.evictableAt - performance.now()));
  }

  /** Uploads that no call or build uses and that have ended, the least recently used first. */
  #unused(owner: Principal | undefined): Upload[] {
    return [...this.#uploads.values()]
      .filter((upload) => !owner || upload.owner.id === owner.id)
      .filter(({ isUnused, state }) => isUnused && !isReceiving(state))
      .sort((a, b) => a.lastUse - b.lastUse);
  }

  async #sweep(): Promise<void> {
    const now = performance.now();
    const expired = [...this.#uploads.values()].filter(
      ({ isUnused, expiresAt }) => isUnused && expiresAt <= now,
    );
    await Promise.all(expired.map((upload) => this.#remove(upload)));
    await this.store.trim();
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
