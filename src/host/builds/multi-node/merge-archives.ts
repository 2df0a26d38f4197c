import { buffer } from "node:stream/consumers";
import { type Pack, pack as tarPack } from "tar-stream";
import { tarEntries } from "../../../archive/tar-entries.js";
import { writeEntry } from "../../../archive/write-entry.js";
import { answerTooLarge } from "../../../errors/answer-too-large.js";
import { mergeIndexes } from "../../../image/merge-indexes.js";
import { blobPath, type Descriptor, layoutFiles } from "../../../image/oci-index.js";
import { sizeText } from "../../../util/size-text.js";

/** The end of a tar archive from BuildKit, in bytes: exactly two blocks of zeros, as Go writes them. */
const endMarkerBytes = 1024;
/** Larger JSON in an image archive is not an index, in bytes. */
const maxIndexBytes = 4 << 20;
/** The indexes of one archive together, in bytes. */
const maxIndexesBytes = 16 << 20;
/** Files in one archive; an image has a few hundred. */
const maxFiles = 100_000;

/** Joins tar archives byte for byte; each is read when the previous one has ended. */
export async function* mergeTars(archives: readonly AsyncIterable<Uint8Array>[]): AsyncGenerator<Uint8Array> {
  for (const archive of archives) {
    let held: Uint8Array = new Uint8Array(0);
    for await (const chunk of archive) {
      const known = held.length > 0 ? Buffer.concat([held, chunk]) : chunk;
      if (known.length > endMarkerBytes) yield known.subarray(0, -endMarkerBytes);
      held = known.subarray(-endMarkerBytes);
    }
    if (held.length < endMarkerBytes || held.some(Boolean))
      throw new Error("An archive has no end marker of tar.");
  }
  yield Buffer.alloc(endMarkerBytes);
}

/**
 * Joins OCI archives of one image into one archive with one index of all platforms. Blobs pass through as they come,
 * each once; archives are read one after the other.
 * @param onMerged called with the index, once it is known
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
  const images: Image[] = [];
  for (const archive of archives) images.push(await copyBlobs(archive, target, written, signal));
  const { descriptor, bytes } = mergeIndexes(images.map(({ index }) => index));
  await writeFile(target, blobPath(descriptor.digest), bytes);
  // The image keeps the names that the first node gave it.
  const entries = images[0]!.entries.map(({ annotations }) => ({ ...descriptor, annotations }));
  for (const [name, text] of Object.entries(layoutFiles(entries)))
    await writeFile(target, name, Buffer.from(text));
  onMerged(descriptor);
  target.finalize();
}

/** The image in one archive. */
interface Image {
  /** Its entries in index.json, one for each name. */
  entries: Descriptor[];
  /** Its index of platforms. */
  index: Uint8Array;
}

/** Copies all blobs of an archive except for the index of its image, which is returned. */
async function copyBlobs(
  archive: AsyncIterable<Uint8Array>,
  target: Pack,
  written: Set<string>,
  signal: AbortSignal,
): Promise<Image> {
  const indexes = new Map<string, Uint8Array>();
  let entries: Descriptor[] = [];
  let files = 0;
  let indexBytes = 0;
  for await (const { header, content } of tarEntries(archive, signal)) {
    const { name, size, type } = header;
    if (type !== "file") continue;
    if (++files > maxFiles) throw answerTooLarge("The image archive of a node", `${maxFiles} files`);
    if (name === "index.json" && size <= maxIndexBytes) entries = manifestsIn(await buffer(content)) ?? [];
    if (!name.startsWith("blobs/") || written.has(name)) continue;
    const chunks = content[Symbol.asyncIterator]();
    const first = (await chunks.next()).value ?? new Uint8Array(0);
    const isDocument = first[0] === 0x7b && size <= maxIndexBytes;
    const document = isDocument ? await buffer(rest(first, chunks)) : undefined;
    if (document && manifestsIn(document)) {
      indexBytes += document.length;
      if (indexBytes > maxIndexesBytes)
        throw answerTooLarge("The image archive of a node", `${sizeText(maxIndexesBytes)} of indexes`);
      indexes.set(name, document);
      continue;
    }
    written.add(name);
    await writeFile(target, name, document ?? rest(first, chunks), size);
  }
  const ofImage = new Set(entries.map(({ digest }) => blobPath(digest)));
  const index = indexes.get([...ofImage][0] ?? "");
  if (!index) throw new Error("A node sent an image archive without an index of platforms.");
  for (const [name, bytes] of indexes) {
    if (ofImage.has(name) || written.has(name)) continue;
    written.add(name);
    await writeFile(target, name, bytes);
  }
  return { entries, index };
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

async function* rest(first: Uint8Array, chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
}

/** The manifests that an index lists; undefined for any other document. */
function manifestsIn(bytes: Uint8Array): Descriptor[] | undefined {
  try {
    const { manifests } = JSON.parse(Buffer.from(bytes).toString());
    const isList = Array.isArray(manifests) && manifests.every((each) => typeof each?.digest === "string");
    return isList ? manifests : undefined;
  } catch {
    return undefined;
  }
}
