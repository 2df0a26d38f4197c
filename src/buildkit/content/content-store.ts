/** What is known of a blob. */
export interface BlobInfo {
  digest: string;
  /** Bytes. */
  size: number;
  modified: Date;
}

/** A blob on its way in. */
export interface Writing {
  readonly ref: string;
  /** Expected bytes, 0 when unknown. */
  readonly total: number;
  /** Expected digest, empty when unknown. */
  readonly expected: string;
  readonly startedAt: Date;
  readonly updatedAt: Date;
  /** Bytes written. */
  readonly offset: number;
  /** The digest of what is there so far. */
  readonly digest: string;
  /** Adds bytes at the end. */
  write(data: Uint8Array): Promise<void>;
  /** Starts over. */
  truncate(): Promise<void>;
  /** Makes the blob of it, and returns its digest. */
  commit(total: number, expected: string): Promise<string>;
  /** Lets another writer go on. */
  release(): void;
}

/** A content store as BuildKit uses one over the session. Errors are StatusErrors. */
export interface ContentStore {
  /** NOT_FOUND when there is no such blob. */
  info(digest: string): Promise<BlobInfo>;
  /** The bytes from an offset on, `size` of them or all when that is not positive. */
  read(digest: string, offset?: number, size?: number): AsyncIterable<Uint8Array>;
  /** Begins or goes on with what is written under `ref`; ALREADY_EXISTS when the blob is not needed. */
  openIngest(ref: string, total: number, expected: string): Promise<Writing>;
  /** Forgets an ingest that is committed. */
  finish(ingest: Writing): void;
  /** What is being written under `ref`, or NOT_FOUND. */
  ingest(ref: string): Writing;
  /** Gives up what was written under `ref`. */
  abort(ref: string): Promise<void>;
  /** Removes what was not committed. */
  close(): Promise<void>;
}
