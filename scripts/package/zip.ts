import { writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { crc32, deflateRaw } from "node:zlib";

/** One file of a zip archive, by its path. */
export interface ZipFile {
  path: string;
  executable?: boolean;
  bytes: Buffer;
}

/** A file as archives contain it. Archives with the same files can share it. */
export interface PackedFile {
  path: string;
  executable: boolean;
  size: number;
  crc: number;
  deflated: Buffer;
}

/** Compresses a file. */
export async function packFile({ path, executable = false, bytes }: ZipFile): Promise<PackedFile> {
  const deflated = await promisify(deflateRaw)(bytes);
  return { path, executable, size: bytes.length, crc: crc32(bytes), deflated };
}

/** The version of the format that deflated files need, and Unix as the system that made the archive. */
const needed = 20;
const madeBy = (3 << 8) | needed;
const deflate = 8;
/** Names are in UTF-8. */
const flags = 1 << 11;

/** Writes a zip archive of at most 65 535 files and 4 GiB. The same files and the same time give the same bytes. */
export async function writeZip(file: string, files: readonly PackedFile[], mtime: Date): Promise<void> {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { path, executable, size, crc, deflated } of files) {
    const name = Buffer.from(path);
    // Both headers of a file have these fields.
    const common = Buffer.alloc(26);
    common.writeUInt16LE(needed, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(deflate, 4);
    common.writeUInt32LE(dosTime(mtime), 6);
    common.writeUInt32LE(crc, 10);
    common.writeUInt32LE(deflated.length, 14);
    common.writeUInt32LE(size, 18);
    common.writeUInt16LE(name.length, 22);
    const central = Buffer.alloc(46);
    central.write("PK\x01\x02", "latin1");
    central.writeUInt16LE(madeBy, 4);
    common.copy(central, 6);
    central.writeUInt32LE(((executable ? 0o100755 : 0o100644) << 16) >>> 0, 38);
    central.writeUInt32LE(offset, 42);
    directory.push(central, name);
    const local = [Buffer.from("PK\x03\x04", "latin1"), common, name, deflated];
    parts.push(...local);
    offset += local.reduce((length, part) => length + part.length, 0);
  }
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  await writeFile(file, Buffer.concat([...parts, ...directory, end]));
}

/** A time in UTC, in the two words of the format: it has no time zone, and two seconds are its unit. */
function dosTime(time: Date): number {
  const day = ((time.getUTCFullYear() - 1980) << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate();
  const second = (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1);
  return ((day << 16) | second) >>> 0;
}
