import { statfsSync } from "node:fs";

/** Free space of the file system that holds a folder, in bytes, for this user. */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
