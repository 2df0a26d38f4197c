import { lstatSync, statSync } from "node:fs";
import { lstat, mkdir } from "node:fs/promises";
import { Code } from "@connectrpc/connect";
import { typedError } from "../errors/typed-error.js";

/** Maximum length of a unix socket path in bytes: the size of sun_path without its final NUL. */
export const maxSocketPathBytes = process.platform === "darwin" ? 103 : 107;

/**
 * Creates the folder of a socket with mode 0700 if it is missing. Checks that only this user can create or reach a
 * socket in it: a real folder, owned by this user, with mode 0700. FAILED_PRECONDITION, reason SOCKET_FOLDER_UNSAFE,
 * otherwise.
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
  if (!stats.isDirectory()) throw unsafe(folder, "it is not a folder", "Remove the file.");
  if (stats.uid !== currentUser()) throw foreign(folder, stats.uid);
  if ((stats.mode & 0o077) !== 0)
    throw unsafe(
      folder,
      `its mode ${octal(stats.mode)} gives other users access`,
      `Run: chmod 700 ${folder}`,
    );
}

/**
 * Checks before a connection that no other user can have created a socket in a folder: the folder, and the link if the
 * path is one, belong to this user or to root, and nobody else can write to the folder. FAILED_PRECONDITION, reason
 * SOCKET_FOLDER_UNSAFE, otherwise. Returns false when the folder does not exist.
 */
export function checkSocketFolder(folder: string, uid = currentUser()): boolean {
  const link = lstatSync(folder, { throwIfNoEntry: false });
  const target = statSync(folder, { throwIfNoEntry: false });
  if (!link || !target) return false;
  for (const { uid: owner } of [link, target]) if (owner !== uid && owner !== 0) throw foreign(folder, owner);
  if (!target.isDirectory()) throw unsafe(folder, "it is not a folder", "Use another path for the socket.");
  if ((target.mode & 0o022) !== 0)
    throw unsafe(
      folder,
      `its mode ${octal(target.mode)} lets other users write to it`,
      `Run: chmod go-w ${folder}`,
    );
  return true;
}

function currentUser(): number {
  return process.getuid?.() ?? 0;
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, "0");
}

function foreign(folder: string, owner: number) {
  return unsafe(
    folder,
    `it belongs to user ${owner}`,
    "Use a folder that you own: set XDG_RUNTIME_DIR, TMPDIR or SLIPWAY_HOST.",
  );
}

function unsafe(folder: string, why: string, remedy: string) {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "SOCKET_FOLDER_UNSAFE",
    message: `The folder ${folder} is not safe for the host's socket: ${why}.`,
    remedy,
    metadata: { folder },
  });
}
