/** Properties of a blob. */
export interface BlobInfo {
  digest: string;
  /** Size in bytes. */
  size: number;
  modified: Date;
}

/** A blob that is being written. */
export interface Writing {
  readonly ref: string;
  /** Expected size in bytes; 0 if unknown. */
  readonly total: number;
  /** Expected digest; empty if unknown. */
  readonly expected: string;
  readonly startedAt: Date;
  readonly updatedAt: Date;
  /** Bytes written. */
  readonly offset: number;
  /** The digest of the bytes so far. */
  readonly digest: string;
  /** Appends bytes. */
  write(data: Uint8Array): Promise<void>;
  /** Removes all bytes. */
  truncate(): Promise<void>;
  /** Adds the complete blob to the store, and returns its digest. */
  commit(total: number, expected: string): Promise<string>;
  /** Allows another writer to continue. */
  release(): void;
}

/** A content store that BuildKit uses through the session. Errors are StatusErrors. */
export interface ContentStore {
  /** NOT_FOUND if the blob does not exist. */
  info(digest: string): Promise<BlobInfo>;
  /** Reads `size` bytes from an offset, or all bytes if `size` is not positive. */
  read(digest: string, offset?: number, size?: number): AsyncIterable<Uint8Array>;
  /** Starts or continues the ingest `ref`; ALREADY_EXISTS if the blob is not needed. */
  openIngest(ref: string, total: number, expected: string): Promise<Writing>;
  /** Removes a committed ingest from the list. */
  finish(ingest: Writing): void;
  /** The ingest `ref`; NOT_FOUND if it does not exist. */
  ingest(ref: string): Writing;
  /** Removes the ingest `ref` and its bytes. */
  abort(ref: string): Promise<void>;
  /** Removes all ingests that were not committed. */
  close(): Promise<void>;
}
