/** One name in a folder of a {@link FileSource}. */
export interface SourceName {
  name: string;
  isFolder: boolean;
}

/** Metadata of one entry of a {@link FileSource}. */
export interface SourceEntry {
  /** Kind and permissions as a Go `os.FileMode`; see toGoMode. */
  mode: number;
  /** Bytes; for a symbolic link the length of its target. */
  size: number;
  /** Nanoseconds since the epoch. */
  modTime: bigint;
  /** Target of a symbolic link. */
  linkname?: string;
  /** Numbers of a block or character device. */
  device?: { major: bigint; minor: bigint };
  /** Equal for all hard links of one file; only for files with several. */
  inode?: string;
}

/** An open file of a {@link FileSource}; the caller of `open` closes it. */
export interface SourceFile {
  /** Reads on from where the last read ended. Resolves with the number of bytes, 0 at the end. */
  read(target: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

/**
 * A tree of files that BuildKit may read: a folder on disk, or an uploaded context. Paths are relative to its root,
 * clean and with forward slashes; "" is the root. Nothing outside of the root can be reached through it.
 */
export interface FileSource {
  /** The names in a folder in any order, without sockets; none if there is no such folder. Rejects if not readable. */
  list(folder: string): Promise<SourceName[]>;
  /**
   * The entry at each path, without following a link at its end; undefined where there is none.
   * @param listed what {@link list} has just said of each
   */
  stat(
    paths: string[],
    listed?: readonly Pick<SourceName, "isFolder">[],
  ): Promise<(SourceEntry | undefined)[]>;
  /** Opens a regular file. Rejects if there is none. */
  open(path: string): Promise<SourceFile>;
}
