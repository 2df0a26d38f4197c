import { lstat, mkdir } from "node:fs/promises";
import { Code } from "@connectrpc/connect";
import { typedError } from "../errors/typed-error.js";

/** Longest path of a unix socket, in bytes: sun_path less its final NUL. */
export const maxSocketPathBytes = process.platform === "darwin" ? 103 : 107;

/** Makes the folder of a socket (0700) if it is missing, and checks it as {@link checkPrivateFolder} does. */
export async function makePrivateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw typedError({
      code: Code.FailedPrecondition,
      reason: "SOCKET_FOLDER_UNUSABLE",
      message: `The folder ${folder} cannot be made: ${(cause as Error).message}.`,
      remedy: "Give another path for the socket, or set XDG_RUNTIME_DIR to a folder of your own.",
    });
  }
  await checkPrivateFolder(folder);
}

/**
 * Checks that nobody but this user can put a socket into a folder, or reach one in it: a real folder of this user's
 * with mode 0700. FAILED_PRECONDITION, reason SOCKET_FOLDER_UNSAFE, otherwise. Answers false if there is none.
 */
export async function checkPrivateFolder(folder: string): Promise<boolean> {
  const stats = await lstat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw unsafe(folder, error.message, "Give another path for the socket.");
  });
  if (!stats) return false;
  const uid = process.getuid?.() ?? 0;
  if (!stats.isDirectory()) throw unsafe(folder, "it is not a folder", "Remove it.");
  if (stats.uid !== uid) {
    throw unsafe(
      folder,
      `it belongs to user ${stats.uid}, not to ${uid}`,
      "Give a folder of your own: set XDG_RUNTIME_DIR or TMPDIR.",
    );
  }
  if ((stats.mode & 0o077) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, "0");
    throw unsafe(folder, `its mode is ${mode}, so that others can reach into it`, `chmod 700 ${folder}`);
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
