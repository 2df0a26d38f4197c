import { chmod, lstat, mkdtemp, readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What such a folder's name begins with; the rest is random. */
const prefix = "slipway-plugin-";
/** A folder that has no socket is left this long to a process that may be starting, in milliseconds. */
const startMs = 60_000;

/**
 * Makes a folder (0700) for the sockets of a plugin whose host gives it none, as go-plugin's. Such a host kills a plugin
 * that is slow to end, and deletes nothing; so the folders of this user in which nobody listens any more go first.
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
    const sockets = await readdir(folder);
    if (sockets.length === 0 && Date.now() - mtimeMs < startMs) return;
    for (const name of sockets) if (!(await isDead(join(folder, name)))) return;
    await rm(folder, { recursive: true, force: true });
  } catch {
    // It is another plugin's at this very moment, or gone.
  }
}

/** Whether no process listens on a socket; the file stays when one is killed. */
function isDead(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(false);
    });
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code === "ECONNREFUSED"));
  });
}
