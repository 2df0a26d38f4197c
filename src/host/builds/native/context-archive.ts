import type { Pack } from "tar-stream";
import { packTarEntries } from "../../../archive/tar-names.js";
import { writeEntry } from "../../../archive/write-entry.js";
import { isDirectory, isRegular, isSymlink, toPosixPermissions } from "../../../inputs/files/file-mode.js";
import { makeFilter } from "../../../inputs/files/filter.js";
import type { FileSource, SourceEntry } from "../../../inputs/files/source.js";
import { walk } from "../../../inputs/files/walk.js";

const chunkBytes = 256 << 10;

/** The files of a context as a tar archive, owned by root, without those that the patterns exclude. */
export async function* contextArchive(
  source: FileSource,
  exclude: string[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const archive = packTarEntries();
  const filter = await makeFilter(source, { include: [], exclude, follow: [] });
  const add = (path: string, entry: SourceEntry) => addEntry(archive, source, path, entry);
  walk(source, filter, add, signal).then(
    () => archive.finalize(),
    (error) => archive.destroy(error),
  );
  try {
    yield* archive as AsyncIterable<Uint8Array>;
  } finally {
    archive.destroy();
  }
}

async function addEntry(
  archive: Pack,
  source: FileSource,
  path: string,
  { mode, modTime, size, linkname }: SourceEntry,
): Promise<void> {
  const header = {
    name: path,
    mode: toPosixPermissions(mode),
    mtime: new Date(Number(modTime / 1_000_000n)),
    uid: 0,
    gid: 0,
  };
  if (isDirectory(mode)) await writeEntry(archive, { ...header, type: "directory" });
  else if (isSymlink(mode))
    await writeEntry(archive, { ...header, type: "symlink", linkname: linkname ?? "" });
  else if (isRegular(mode)) await writeEntry(archive, { ...header, size }, contentOf(source, path, size));
  // Dockerfiles cannot use pipes and devices.
}

/** The bytes of a file; its size is already in the archive. */
async function* contentOf(source: FileSource, path: string, size: number): AsyncGenerator<Uint8Array> {
  const file = await source.open(path);
  try {
    for (let left = size; left > 0; ) {
      const buffer = Buffer.allocUnsafe(Math.min(left, chunkBytes));
      const bytes = await file.read(buffer);
      if (bytes === 0) throw new Error(`The file ${path} became shorter while it was read.`);
      left -= bytes;
      yield buffer.subarray(0, bytes);
    }
  } finally {
    await file.close();
  }
}
