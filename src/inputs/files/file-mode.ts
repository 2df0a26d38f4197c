import { constants } from "node:fs";

/** Bits of Go's `os.FileMode`, which is what travels to and from BuildKit. */
export const goMode = {
  dir: 0x8000_0000,
  symlink: 0x0800_0000,
  device: 0x0400_0000,
  namedPipe: 0x0200_0000,
  socket: 0x0100_0000,
  setuid: 0x0080_0000,
  setgid: 0x0040_0000,
  charDevice: 0x0020_0000,
  sticky: 0x0010_0000,
  /** All bits that say what kind of file it is; none of them in a regular file. */
  type: 0x8f28_0000,
} as const;

const posixType = new Map<number, number>([
  [constants.S_IFDIR, goMode.dir],
  [constants.S_IFLNK, goMode.symlink],
  [constants.S_IFBLK, goMode.device],
  [constants.S_IFCHR, goMode.device | goMode.charDevice],
  [constants.S_IFIFO, goMode.namedPipe],
  [constants.S_IFSOCK, goMode.socket],
]);

/** The Go mode of a POSIX `st_mode`. */
export function toGoMode(posix: number): number {
  let mode = (posixType.get(posix & constants.S_IFMT) ?? 0) | (posix & 0o777);
  if (posix & 0o4000) mode |= goMode.setuid;
  if (posix & 0o2000) mode |= goMode.setgid;
  if (posix & 0o1000) mode |= goMode.sticky;
  return mode >>> 0;
}

/** The POSIX `st_mode` of a Go mode. */
export function toPosixMode(mode: number): number {
  const type = (mode & goMode.type) >>> 0;
  const [posix = constants.S_IFREG] = [...posixType].find(([, go]) => go >>> 0 === type) ?? [];
  return posix | toPosixPermissions(mode);
}

/** What `chmod` takes of a Go mode. */
export function toPosixPermissions(mode: number): number {
  let permissions = mode & 0o777;
  if (mode & goMode.setuid) permissions |= 0o4000;
  if (mode & goMode.setgid) permissions |= 0o2000;
  if (mode & goMode.sticky) permissions |= 0o1000;
  return permissions;
}

/** Whether a Go mode is a folder's. */
export const isDirectory = (mode: number) => (mode & goMode.dir) !== 0;
/** Whether a Go mode is a symbolic link's. */
export const isSymlink = (mode: number) => (mode & goMode.symlink) !== 0;
/** Whether a Go mode is a regular file's. */
export const isRegular = (mode: number) => (mode & goMode.type) === 0;
