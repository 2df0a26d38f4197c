import { once } from "node:events";
import { type Pack, pack as tarPack } from "tar-stream";
import { tarEntries } from "../../../archive/tar-entries.js";
import { type MergedIndex, mergeIndexes } from "../../../image/merge-indexes.js";
import type { Descriptor } from "../../../image/oci-index.js";

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
  await writeEntry(target, blobName(merged.descriptor.digest), merged.bytes);
  await writeEntry(target, "index.json", Buffer.from(JSON.stringify(topIndex(tops[0]!, merged))));
  await writeEntry(target, "oci-layout", Buffer.from(JSON.stringify({ imageLayoutVersion: "1.0.0" })));
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
      top = JSON.parse((await bytesOf(content)).toString()).manifests;
    if (!name.startsWith("blobs/") || written.has(name)) continue;
    const pieces = content[Symbol.asyncIterator]();
    const first = (await pieces.next()).value ?? new Uint8Array(0);
    const whole = first[0] === 0x7b && size <= maxIndex ? await bytesOf(rest(first, pieces)) : undefined;
    if (whole && isIndex(whole)) {
      candidates.set(name, whole);
      continue;
    }
    written.add(name);
    await writeEntry(target, name, whole ?? rest(first, pieces), size);
  }
  const own = new Set(top.map(({ digest }) => blobName(digest)));
  const index = candidates.get([...own][0] ?? "");
  if (!index) throw new Error("a node sent an image archive without an index of platforms");
  for (const [name, bytes] of candidates) {
    if (own.has(name) || written.has(name)) continue;
    written.add(name);
    await writeEntry(target, name, bytes);
  }
  return { top, index };
}

/** The archive's list of images: the names of one part's, for the merged index. */
function topIndex(top: readonly Descriptor[], { descriptor }: MergedIndex) {
  const manifests = top.map(({ annotations }) => ({ ...descriptor, annotations }));
  return { schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests };
}

async function writeEntry(
  target: Pack,
  name: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  size = (content as Uint8Array).length,
): Promise<void> {
  const entry = target.entry({ name, size, mode: 0o644, mtime: new Date(0) });
  const done = once(entry, "close");
  done.catch(() => {});
  const pieces = content instanceof Uint8Array ? [content] : content;
  for await (const piece of pieces) if (!entry.write(piece)) await Promise.race([once(entry, "drain"), done]);
  entry.end(undefined);
  await done;
}

async function* rest(first: Uint8Array, pieces: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value;
}

async function bytesOf(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces);
}

function isIndex(bytes: Uint8Array): boolean {
  try {
    return Array.isArray(JSON.parse(Buffer.from(bytes).toString()).manifests);
  } catch {
    return false;
  }
}

function blobName(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}
