import { chmod, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { maxSocketPathBytes } from "../../plugin-protocol/process-contract.js";
import { isAlive } from "../../util/is-alive.js";

/** Maximum length of a socket's name, in bytes; go-plugin has the longest names. */
const nameBytes = 24;

/** Folders of this process. Other folders with the same process id are from before a reboot. */
const own = new Set<string>();

/** Creates a folder for one plugin's sockets with mode 0700. Throws when its path is too long for sockets. */
export async function createSocketDir(runtimeDir: string): Promise<string> {
  const parent = parentOf(runtimeDir);
  await mkdir(parent, { recursive: true, mode: 0o700 });
  await chmod(parent, 0o700);
  const folder = await mkdtemp(join(parent, `${process.pid}-`));
  const length = Buffer.byteLength(folder) + nameBytes;
  if (length > maxSocketPathBytes) {
    await rm(folder, { recursive: true });
    throw new Error(
      `sockets in ${folder} would have paths of up to ${length} bytes, but the limit is ${maxSocketPathBytes}; ` +
        "use a shorter XDG_RUNTIME_DIR",
    );
  }
  own.add(folder);
  return folder;
}

/** Deletes a folder and the sockets in it. */
export async function removeSocketDir(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  own.delete(folder);
}

/** Deletes the folders of hosts that no longer run. */
export async function sweepSocketDirs(runtimeDir: string): Promise<void> {
  const parent = parentOf(runtimeDir);
  for (const name of await readdir(parent).catch(() => [])) {
    const pid = Number(/^(\d+)-/.exec(name)?.[1]);
    const folder = join(parent, name);
    const live = pid === process.pid ? own.has(folder) : isAlive(pid);
    if (pid > 0 && !live) await rm(folder, { recursive: true, force: true });
  }
}

function parentOf(runtimeDir: string): string {
  return join(runtimeDir, "p");
}
