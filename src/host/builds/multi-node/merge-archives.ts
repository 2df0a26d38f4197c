import { buffer } from "node:stream/consumers";
import { type Pack, pack as tarPack } from "tar-stream";
import { tarEntries } from "../../../archive/tar-entries.js";
import { writeEntry } from "../../../archive/write-entry.js";
import { mergeIndexes } from "../../../image/merge-indexes.js";
import { blobPath, type Descriptor, layoutFiles } from "../../../image/oci-index.js";

/** What a tar archive of BuildKit's ends with: two blocks of zeros and no more, as Go writes them. */
const endMarker = 1024;
/** JSON in an image archive that is larger is no index. */
const maxIndex = 4 << 20;

/** Joins tar archives to one, byte for byte, each read when the one before has ended. */
export async function* mergeTars(archives: readonly AsyncIterable<Uint8Array>[]): AsyncGenerator<Uint8Array> {
  for (const archive of archives) {
    let held: Uint8Array = new Uint8Array(0);
    for await (const chunk of archive) {
      const known = held.length > 0 ? Buffer.concat([held, chunk]) : chunk;
      if (known.length > endMarker) yield known.subarray(0, -endMarker);
      held = known.subarray(-endMarker);
    }
    if (held.length < endMarker || held.some(Boolean))
      throw new Error("an archive does not end as a tar does");
  }
  yield Buffer.alloc(endMarker);
}

/**
 * Joins OCI image archives of one image to one, with one index of all their platforms. Blobs pass through as they
 * come, each once; archives are read one after the other.
 * @param onMerged told the index, once it is known
 */
export async function* mergeOciArchives(
  archives: readonly AsyncIterable<Uint8Array>[],
  onMerged: (descriptor: Descriptor) => void,
): AsyncGenerator<Uint8Array> {
  const target = tarPack();
  const over = new AbortController();
  writeMerged(archives, target, onMerged, over.signal).catch((cause) => target.destroy(cause));
  try {
    yield* target as AsyncIterable<Uint8Array>;
  } finally {
    over.abort();
    target.destroy();
  }
}

async function writeMerged(
  archives: readonly AsyncIterable<Uint8Array>[],
  target: Pack,
  onMerged: (descriptor: Descriptor) => void,
  signal: AbortSignal,
): Promise<void> {
  const written = new Set<string>();
  const tops: Descriptor[][] = [];
  const indexes: Uint8Array[] = [];
  for (const archive of archives) {
    const { top, index } = await passBlobs(archive, target, written, signal);
    tops.push(top);
    indexes.push(index);
  }
  const merged = mergeIndexes(indexes);
  await writeFile(target, blobPath(merged.descriptor.digest), merged.bytes);
  // The image keeps the names that the first node gave it.
  const named = tops[0]!.map(({ annotations }) => ({ ...merged.descriptor, annotations }));
  for (const [name, text] of Object.entries(layoutFiles(named)))
    await writeFile(target, name, Buffer.from(text));
  onMerged(merged.descriptor);
  target.finalize();
}

/** Writes all blobs of an archive but its image's own index, which is returned with the entries that name it. */
async function passBlobs(
  archive: AsyncIterable<Uint8Array>,
  target: Pack,
  written: Set<string>,
  signal: AbortSignal,
): Promise<{ top: Descriptor[]; index: Uint8Array }> {
  const candidates = new Map<string, Uint8Array>();
  let top: Descriptor[] = [];
  for await (const { header, content } of tarEntries(archive, signal)) {
    const { name, size, type } = header;
    if (type !== "file") continue;
    if (name === "index.json" && size <= maxIndex)
      top = JSON.parse((await buffer(content)).toString()).manifests;
    if (!name.startsWith("blobs/") || written.has(name)) continue;
    const pieces = content[Symbol.asyncIterator]();
    const first = (await pieces.next()).value ?? new Uint8Array(0);
    const whole = first[0] === 0x7b && size <= maxIndex ? await buffer(rest(first, pieces)) : undefined;
    if (whole && isIndex(whole)) {
      candidates.set(name, whole);
      continue;
    }
    written.add(name);
    await writeFile(target, name, whole ?? rest(first, pieces), size);
  }
  const own = new Set(top.map(({ digest }) => blobPath(digest)));
  const index = candidates.get([...own][0] ?? "");
  if (!index) throw new Error("a node sent an image archive without an index of platforms");
  for (const [name, bytes] of candidates) {
    if (own.has(name) || written.has(name)) continue;
    written.add(name);
    await writeFile(target, name, bytes);
  }
  return { top, index };
}

function writeFile(
  target: Pack,
  name: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  size = (content as Uint8Array).length,
): Promise<void> {
  const chunks = content instanceof Uint8Array ? [content] : content;
  return writeEntry(target, { name, size, mode: 0o644, mtime: new Date(0) }, chunks);
}

async function* rest(first: Uint8Array, pieces: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value;
}

function isIndex(bytes: Uint8Array): boolean {
  try {
    return Array.isArray(JSON.parse(Buffer.from(bytes).toString()).manifests);
  } catch {
    return false;
  }
}
