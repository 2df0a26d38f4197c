import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { type AccessFile, readAccessFile, writeAccessFile } from "../../host/access/access-file.js";
import { trySocketLock } from "../../host-address/host-process-lock.js";
import { makeFolder } from "../../util/make-folder.js";

/**
 * Reads, changes and writes an access file; a missing one is empty. Processes that change it wait for each other. A link
 * stays a link.
 */
export async function changeAccessFile(file: string, change: (access: AccessFile) => void): Promise<void> {
  await makeFolder(dirname(file), 0o700);
  const path = existsSync(file) ? await realpath(file) : file;
  const lock = await lockFile(path);
  try {
    const access = existsSync(path) ? await readAccessFile(path) : { tokens: [], certificates: [] };
    change(access);
    await writeAccessFile(path, access);
  } finally {
    await lock.release();
  }
}

async function lockFile(path: string) {
  for (;;) {
    const attempt = await trySocketLock(path);
    if (attempt.state === "held") return attempt;
    await attempt.released(1_000);
    attempt.forget();
  }
}
