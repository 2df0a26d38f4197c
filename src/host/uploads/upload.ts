import { randomUUID } from "node:crypto";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Principal } from "../access/principal.js";
import type { BlobClaims } from "./blob-claims.js";
import { withDiskErrors } from "./upload-errors.js";
import { isReceiving, isRecoverable, type State } from "./upload-state.js";

/** How long uploads that nobody uses are kept, in milliseconds. */
export interface UploadTimes {
  /** A finished upload. */
  idleMs: number;
  /** An unfinished or failed upload. */
  unfinishedIdleMs: number;
  /** A finished upload, for the build that it is for, although its space is needed. */
  graceMs: number;
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

/** What an upload is created with. */
export interface UploadParts {
  owner: Principal;
  claims: BlobClaims;
  /** Releases its slot for unfinished uploads; may be called again. */
  close(): void;
  /** Called once the upload is removed and nobody uses it: releases its contents. */
  release(): void;
}

/** One upload: what was received of it, and who uses it. */
export class Upload {
  /** Calls and builds that use it. */
  #users = 0;
  #isRemoved = false;
  /** Not the time of day: a clock that is set must not end uploads. */
  #lastUse = performance.now();
  /** Resolves after the last call: calls on one upload run one at a time. */
  #lastCall: Promise<unknown> = Promise.resolve();

  constructor(
    public state: State,
    readonly cacheKey: string,
    private readonly parts: UploadParts,
    private readonly times: UploadTimes,
    readonly id: string = randomUUID(),
  ) {}

  /** Who created it. */
  get owner(): Principal {
    return this.parts.owner;
  }

  /** Whether no call and no build uses it. */
  get isUnused(): boolean {
    return this.#users === 0;
  }

  /** When its last use ended, on the clock of `performance.now()`. */
  get lastUse(): number {
    return this.#lastUse;
  }

  /** When the upload is removed if nobody uses it before. */
  get expiresAt(): number {
    const { idleMs, unfinishedIdleMs } = this.times;
    return this.#lastUse + (this.state.kind === "finished" ? idleMs : unfinishedIdleMs);
  }

  /** From when on the upload may be removed to make room. */
  get evictableAt(): number {
    return this.state.kind === "failed" ? this.#lastUse : this.#lastUse + this.times.graceMs;
  }

  /** Marks the upload as used. The returned function ends the use; further calls do nothing. */
  use(): () => void {
    this.#users++;
    let used = true;
    return () => {
      if (!used) return;
      used = false;
      this.#users--;
      this.#lastUse = performance.now();
      if (this.#isRemoved && this.isUnused) this.parts.release();
    };
  }

  /** Runs a call after the previous ones. An unrecoverable error deletes the contents. */
  run<T>(call: () => Promise<T>): Promise<T> {
    const done = this.use();
    const result = this.#lastCall
      .then(call)
      .catch(async (cause) => {
        const error = withDiskErrors(cause);
        if (isReceiving(this.state) && !isRecoverable(error)) await this.#fail(error);
        throw error;
      })
      .finally(done);
    this.#lastCall = result.catch(() => {});
    return result;
  }

  /** Ends the receipt: no more data is accepted. */
  close(): void {
    this.parts.close();
  }

  /** Releases the contents of an upload that nobody uses. */
  evict(): void {
    this.#isRemoved = true;
    this.parts.release();
  }

  /** Aborts the receipt and waits for running calls. The contents are released now, or when the last use ends. */
  async delete(): Promise<void> {
    this.#isRemoved = true;
    const deleted = new ConnectError("The upload was deleted.", Code.Aborted);
    // A running call may wait until the archive is unpacked, so unpacking is aborted first.
    if (this.state.kind === "tar") await this.state.intake.abort(deleted);
    await this.#lastCall;
    if (isReceiving(this.state)) await this.#fail(deleted);
    if (this.isUnused) this.parts.release();
  }

  /** The description of the upload. */
  info(): UploadInfo {
    const tree = this.state.kind === "finished" ? this.state.tree : undefined;
    return {
      id: this.id,
      finished: tree !== undefined,
      entries: tree?.entries ?? 0,
      size: tree?.size ?? 0,
      expires: new Date(Date.now() + this.expiresAt - performance.now()),
    };
  }

  async #fail(error: unknown): Promise<void> {
    const { state } = this;
    this.state = { kind: "failed", error };
    if (isReceiving(state)) await state.intake.abort(error as Error);
    await this.parts.claims.discard();
    this.parts.close();
  }
}
