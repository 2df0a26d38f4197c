/** What one upload may hold. Far above real contexts: they protect the host's memory. */
export interface UploadLimits {
  /** Files, folders and links of one upload. */
  entries: number;
  /** Length of one path, or of a link's target, in bytes of UTF-8; PATH_MAX of Linux. */
  pathBytes: number;
  /** Length of one name in a path, in bytes of UTF-8; NAME_MAX of Linux. */
  nameBytes: number;
  /** All names and link targets of one upload together, in bytes. */
  textBytes: number;
  /** All files of one upload together, in bytes after decompression. */
  contentBytes: number;
}

/** The limits unless the host is told others. */
export const defaultLimits: UploadLimits = {
  entries: 500_000,
  pathBytes: 4096,
  nameBytes: 255,
  textBytes: 128 << 20,
  contentBytes: 256 * 2 ** 30,
};
