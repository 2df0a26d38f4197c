import { lstat, mkdir } from "node:fs/promises";
import { Code } from "@connectrpc/connect";
import { typedError } from "../errors/typed-error.js";

/** Maximum length of a unix socket path in bytes: the size of sun_path without its final NUL. */
export const maxSocketPathBytes = process.platform === "darwin" ? 103 : 107;

/** Creates the folder of a socket with mode 0700 if it is missing, and checks it with {@link checkPrivateFolder}. */
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
  await checkPrivateFolder(folder);
}

/**
 * Checks that only this user can create or reach a socket in a folder: a real folder, owned by this user, with mode
 * 0700. FAILED_PRECONDITION, reason SOCKET_FOLDER_UNSAFE, otherwise. Returns false when the folder does not exist.
 */
export async function checkPrivateFolder(folder: string): Promise<boolean> {
  const stats = await lstat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw unsafe(folder, error.message, "Use another path for the socket.");
  });
  if (!stats) return false;
  const uid = process.getuid?.() ?? 0;
  if (!stats.isDirectory()) throw unsafe(folder, "it is not a folder", "Remove the file.");
  if (stats.uid !== uid) {
    throw unsafe(
      folder,
      `it belongs to user ${stats.uid}, not to ${uid}`,
      "Set XDG_RUNTIME_DIR or TMPDIR to a folder that you own.",
    );
  }
  if ((stats.mode & 0o077) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, "0");
    throw unsafe(folder, `its mode ${mode} gives other users access`, `Run: chmod 700 ${folder}`);
  }
  return true;
}

function unsafe(folder: string, why: string, remedy: string) {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "SOCKET_FOLDER_UNSAFE",
    message: `The folder ${folder} cannot hold the host's socket: ${why}.`,
    remedy,
    metadata: { folder },
  });
}
