import { chmod, lstat, mkdtemp, readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Prefix of the folders' names. */
const prefix = "slipway-plugin-";
/** A folder without a socket may belong to a process that is starting; it is kept for this long, in milliseconds. */
const startMs = 60_000;

/**
 * Makes a folder (0700) for the sockets of a plugin whose host provides none, such as go-plugin's. Such a host kills a
 * plugin that is slow to exit and deletes nothing, so this first removes the user's folders without a listening process.
 */
export async function makeOwnSocketDir(parent = tmpdir()): Promise<string> {
  const names = await readdir(parent).catch(() => []);
  const folders = names.filter((name) => name.startsWith(prefix)).map((name) => join(parent, name));
  await Promise.all(folders.map(removeIfDead));
  const folder = await mkdtemp(join(parent, prefix));
  await chmod(folder, 0o700);
  return folder;
}

async function removeIfDead(folder: string): Promise<void> {
  try {
    const { uid, mtimeMs } = await lstat(folder);
    if (uid !== process.getuid?.()) return;
    const entries = await readdir(folder, { withFileTypes: true });
    // Somebody else's folder, whose name begins like ours.
    if (!entries.every((entry) => entry.isSocket())) return;
    // A clock that is set in this minute shortens or lengthens it; the folder of a plugin that listens stays.
    if (entries.length === 0 && Date.now() - mtimeMs < startMs) return;
    for (const { name } of entries) if (!(await isDead(join(folder, name)))) return;
    await rm(folder, { recursive: true, force: true });
  } catch {
    // Another plugin is removing it, or it is gone.
  }
}

/** Whether no process listens on a socket; a killed process leaves the file. */
function isDead(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(false);
    });
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code === "ECONNREFUSED"));
  });
}
