import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";
import { writeEntry } from "../../src/archive/write-entry.js";

/** One entry of an archive, by its path: a file, a symbolic link, or a folder. Nobody else can read a folder with an owner. */
export type Entry =
  | { path: string; executable?: boolean; read(): Promise<Buffer> }
  | { path: string; linkname: string }
  | { path: string; folder: true; owner?: number };

/**
 * Writes a tar.gz archive. The same entries in any order and the same time give the same bytes: owners, modes and times
 * of the files do not matter.
 */
export async function writeArchive(file: string, entries: readonly Entry[], mtime: Date): Promise<void> {
  const archive = pack();
  const written = pipeline(archive, createGzip(), createWriteStream(file));
  const fill = async () => {
    // By code units: a locale's order differs between machines.
    for (const entry of [...entries].sort((a, b) => (a.path < b.path ? -1 : 1))) {
      const header = { name: entry.path, mtime, uid: 0, gid: 0, uname: "root", gname: "root" };
      if ("linkname" in entry) {
        await writeEntry(archive, { ...header, type: "symlink", linkname: entry.linkname, mode: 0o777 });
        continue;
      }
      if ("folder" in entry) {
        const { owner } = entry;
        const own = owner === undefined ? {} : { uid: owner, gid: owner, uname: "", gname: "" };
        await writeEntry(archive, { ...header, type: "directory", mode: owner ? 0o700 : 0o755, ...own });
        continue;
      }
      const bytes = await entry.read();
      const mode = entry.executable ? 0o755 : 0o644;
      await writeEntry(archive, { ...header, type: "file", mode, size: bytes.length }, [bytes]);
    }
    archive.finalize();
  };
  // Each of them ends when the other fails.
  const filled = fill().catch((error) => archive.destroy(error));
  await written;
  await filled;
}
