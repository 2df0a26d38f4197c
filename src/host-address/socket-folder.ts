import { lstatSync, readlinkSync, type Stats, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { modeText } from "../util/private-mode.js";

/** Why a folder is not safe for a socket. */
export interface FolderFault {
  /** A clause. */
  why: string;
  /** One sentence. */
  remedy: string;
}

const sticky = 0o1000;
/** As many links as Linux follows in one path. */
const maxLinks = 40;

/**
 * Checks that no other user can have created a socket in a folder, or can replace the folder: it, each folder above it, and
 * each link on the way belong to this user or to root, and nobody else can write to them. Folders above may be writable
 * if they are sticky, as /tmp is: there nobody can rename what belongs to others. "missing" when it does not exist.
 */
export function socketFolderFault(folder: string, uid = currentUser()): FolderFault | "missing" | undefined {
  for (const { path, stats } of stepsTo(folder)) {
    if (stats.uid !== uid && stats.uid !== 0) return foreignFolder(stats.uid, path === folder ? "it" : path);
    if (isOpen(stats) && !(stats.mode & sticky) && !stats.isSymbolicLink())
      return openFolder(path, stats, path === folder);
    if (!stats.isDirectory() && !stats.isSymbolicLink())
      return {
        why: `${path === folder ? "it" : path} is not a folder`,
        remedy: "Use another path for the socket.",
      };
  }
  const target = statSync(folder, { throwIfNoEntry: false });
  if (!target) return "missing";
  return isOpen(target) ? openFolder(folder, target, true) : undefined;
}

/** Every folder and link that the kernel passes on the way to a path, and the path itself; what is missing ends it. */
function* stepsTo(path: string): Generator<{ path: string; stats: Stats }> {
  const names = [".", ...(isAbsolute(path) ? path : `${process.cwd()}/${path}`).split("/")];
  let at = "/";
  let links = 0;
  while (names.length > 0) {
    const step = join(at, names.shift()!);
    const stats = lstatSync(step, { throwIfNoEntry: false });
    if (!stats) return;
    yield { path: step, stats };
    if (stats.isDirectory()) {
      at = step;
      continue;
    }
    if (!stats.isSymbolicLink() || ++links > maxLinks) return;
    const target = readlinkSync(step);
    if (isAbsolute(target)) at = "/";
    names.unshift(...target.split("/"));
  }
}

const isOpen = ({ mode }: Stats) => (mode & 0o022) !== 0;

function openFolder(path: string, stats: Stats, isItself: boolean): FolderFault {
  const mode = isItself ? `its mode ${modeText(stats)}` : `the mode ${modeText(stats)} of ${path}`;
  return { why: `${mode} lets other users write to it`, remedy: `Run: chmod go-w ${path}` };
}

/** The fault of a folder of another user. */
export function foreignFolder(owner: number, subject = "it"): FolderFault {
  const remedy = "Use a folder that you own: set XDG_RUNTIME_DIR, TMPDIR or SLIPWAY_HOST.";
  return { why: `${subject} belongs to user ${owner}`, remedy };
}

/** The id of this user. */
export function currentUser(): number {
  return process.getuid?.() ?? 0;
}
