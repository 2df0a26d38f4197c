import { lstatSync, statSync } from "node:fs";
import { modeText } from "../util/private-mode.js";

/** Why a folder is not safe for a socket. */
export interface FolderFault {
  /** A clause. */
  why: string;
  /** One sentence. */
  remedy: string;
}

/**
 * Checks that no other user can have created a socket in a folder: the folder, and the link if the path is one, belong to
 * this user or to root, and nobody else can write to the folder. "missing" when it does not exist.
 */
export function socketFolderFault(folder: string, uid = currentUser()): FolderFault | "missing" | undefined {
  const link = lstatSync(folder, { throwIfNoEntry: false });
  const target = statSync(folder, { throwIfNoEntry: false });
  if (!link || !target) return "missing";
  for (const { uid: owner } of [link, target]) if (owner !== uid && owner !== 0) return foreignFolder(owner);
  if (!target.isDirectory()) return { why: "it is not a folder", remedy: "Use another path for the socket." };
  if ((target.mode & 0o022) === 0) return undefined;
  const why = `its mode ${modeText(target)} lets other users write to it`;
  return { why, remedy: `Run: chmod go-w ${folder}` };
}

/** The fault of a folder of another user. */
export function foreignFolder(owner: number): FolderFault {
  const remedy = "Use a folder that you own: set XDG_RUNTIME_DIR, TMPDIR or SLIPWAY_HOST.";
  return { why: `it belongs to user ${owner}`, remedy };
}

/** The id of this user. */
export function currentUser(): number {
  return process.getuid?.() ?? 0;
}
