import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";

/** LMDB's first page: a page header of 24 bytes, then its MDB_meta. Offsets in bytes. */
const meta = { magic: 24, pageSize: 48, rootPage: 136, end: 144 };
const magic = 0xbeefc0de;
const noPage = 0xffff_ffff_ffff_ffffn;

/**
 * Why the database in a folder cannot be opened, as a clause; undefined when nothing is wrong with the begin and the
 * size of its file, or when there is none. LMDB itself does not report this: it ends the process.
 */
export function damageOf(folder: string): string | undefined {
  let file: number;
  try {
    file = openSync(join(folder, "data.mdb"), "r");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? undefined : message;
  }
  try {
    const { size } = fstatSync(file);
    // LMDB initializes an empty file.
    if (size === 0) return undefined;
    const head = Buffer.alloc(meta.end);
    if (readSync(file, head, 0, head.length, 0) < head.length || head.readUInt32LE(meta.magic) !== magic)
      return "data.mdb is not an LMDB file";
    const root = head.readBigUInt64LE(meta.rootPage);
    const isCut = root !== noPage && BigInt(size) < (root + 1n) * BigInt(head.readUInt32LE(meta.pageSize));
    return isCut ? "data.mdb was cut off" : undefined;
  } finally {
    closeSync(file);
  }
}

/** DATA_LOSS, reason STATE_CORRUPT: the database cannot be opened. */
export function stateCorrupt(folder: string, why: string): ConnectError {
  return typedError({
    code: Code.DataLoss,
    reason: "STATE_CORRUPT",
    message: `The database ${folder} cannot be opened: ${why}.`,
    remedy:
      "Restore the state folder from a backup, or move the database away: builders and builds are then lost.",
    metadata: { folder },
  });
}
