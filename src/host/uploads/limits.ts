/** Limits of one upload. They protect the host's memory and are far above real contexts. */
export interface UploadLimits {
  /** Number of files, folders and links. */
  entries: number;
  /** Length of a path or of a link's target, in bytes of UTF-8; PATH_MAX of Linux. */
  pathBytes: number;
  /** Length of a name in a path, in bytes of UTF-8; NAME_MAX of Linux. */
  nameBytes: number;
  /** Total length of all names and link targets, in bytes. */
  textBytes: number;
  /** Total size of all files after decompression, in bytes. */
  contentBytes: number;
}

/** The default limits. */
export const defaultUploadLimits: UploadLimits = {
  entries: 500_000,
  pathBytes: 4096,
  nameBytes: 255,
  textBytes: 128 << 20,
  contentBytes: 256 * 2 ** 30,
};
