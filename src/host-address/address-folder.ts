import { lstat, mkdir } from "node:fs/promises";
import { Code } from "@connectrpc/connect";
import { typedError } from "../errors/typed-error.js";
import { modeText } from "../util/private-mode.js";
import { currentUser, type FolderFault, foreignFolder, socketFolderFault } from "./socket-folder.js";

/** Maximum length of a unix socket path in bytes: the size of sun_path without its final NUL. */
export const maxSocketPathBytes = process.platform === "darwin" ? 103 : 107;

/**
 * Creates the folder of a socket with mode 0700 if it is missing. Checks that only this user can create or reach a
 * socket in it: a real folder, owned by this user, with mode 0700, that clients trust. FAILED_PRECONDITION, reason
 * SOCKET_FOLDER_UNSAFE, otherwise.
 */
export async function makePrivateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw typedError({
      code: Code.FailedPrecondition,
      reason: "SOCKET_FOLDER_UNUSABLE",
      message: `The folder ${folder} cannot be created: ${(cause as Error).message}.`,
      remedy: "Use another path for the socket, or set XDG_RUNTIME_DIR to a folder that you own.",
    });
  }
  const stats = await lstat(folder);
  if (!stats.isDirectory()) throw unsafe(folder, { why: "it is not a folder", remedy: "Remove the file." });
  if (stats.uid !== currentUser()) throw unsafe(folder, foreignFolder(stats.uid));
  if ((stats.mode & 0o077) !== 0) {
    const why = `its mode ${modeText(stats)} gives other users access`;
    throw unsafe(folder, { why, remedy: `Run: chmod 700 ${folder}` });
  }
  checkSocketFolder(folder);
}

/**
 * Checks before a connection that no other user can have put a socket into a folder; see {@link socketFolderFault}.
 * FAILED_PRECONDITION, reason SOCKET_FOLDER_UNSAFE, otherwise. Returns false when the folder does not exist.
 */
export function checkSocketFolder(folder: string, uid = currentUser()): boolean {
  const fault = socketFolderFault(folder, uid);
  if (fault === "missing") return false;
  if (fault) throw unsafe(folder, fault);
  return true;
}

function unsafe(folder: string, { why, remedy }: FolderFault) {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "SOCKET_FOLDER_UNSAFE",
    message: `The folder ${folder} is not safe for the host's socket: ${why}.`,
    remedy,
    metadata: { folder },
  });
}
