import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { type AccessFile, readAccessFile, writeAccessFile } from "../../host/access/access-file.js";
import { makeFolder } from "../../util/make-folder.js";
import { lockFile } from "../lock-file.js";

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
