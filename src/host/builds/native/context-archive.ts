import { type Pack, pack } from "tar-stream";
import { isDirectory, isRegular, isSymlink, toPosixPermissions } from "../../../inputs/files/file-mode.js";
import { makeFilter } from "../../../inputs/files/filter.js";
import type { FileSource, SourceEntry, SourceFile } from "../../../inputs/files/source.js";
import { walk } from "../../../inputs/files/walk.js";

type Entry = Parameters<Pack["entry"]>[0];
type Sink = ReturnType<Pack["entry"]>;

const chunkBytes = 256 << 10;

/** The files of a context as a tar archive, owned by root, without what the patterns exclude. */
export async function* contextArchive(
  source: FileSource,
  exclude: string[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const archive = pack();
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
  const common = {
    name: path,
    mode: toPosixPermissions(mode),
    mtime: new Date(Number(modTime / 1_000_000n)),
    uid: 0,
    gid: 0,
  };
  if (isDirectory(mode)) await addEmpty(archive, { ...common, type: "directory" });
  else if (isSymlink(mode)) await addEmpty(archive, { ...common, type: "symlink", linkname: linkname ?? "" });
  else if (isRegular(mode)) await addFile(archive, { ...common, size }, source, path);
  // Pipes and devices mean nothing to a Dockerfile.
}

function addEmpty(archive: Pack, header: Entry): Promise<void> {
  return new Promise((resolve, reject) => {
    archive.entry(header, (error) => (error ? reject(error) : resolve()));
  });
}

async function addFile(
  archive: Pack,
  header: Entry & { size: number },
  source: FileSource,
  path: string,
): Promise<void> {
  const file = await source.open(path);
  try {
    await new Promise<void>((resolve, reject) => {
      const entry = archive.entry(header, (error) => (error ? reject(error) : resolve()));
      copy(file, entry, header.size, path).then(() => entry.end(null), reject);
    });
  } finally {
    await file.close();
  }
}

async function copy(file: SourceFile, entry: Sink, size: number, path: string): Promise<void> {
  for (let left = size; left > 0; ) {
    const buffer = Buffer.allocUnsafe(Math.min(left, chunkBytes));
    const bytes = await file.read(buffer);
    if (bytes === 0) throw new Error(`${path} became shorter while it was read`);
    left -= bytes;
    if (!entry.write(buffer.subarray(0, bytes))) await new Promise<void>((go) => entry.once("drain", go));
  }
}
