import { dirname, join, normalize } from "node:path/posix";
import { pipeline } from "node:stream/promises";
import { Code } from "@connectrpc/connect";
import { extract } from "tar-stream";
import { answerMalformed } from "../../errors/answer-malformed.js";
import { answerTooLarge } from "../../errors/answer-too-large.js";
import { StatusError } from "../../errors/status-error.js";
import { isDescriptor, parseDocument } from "../../image/documents.js";
import { digestPattern } from "../../image/reference.js";
import { isJsonObject } from "../../util/is-json-object.js";
import type { BlobStore } from "./blob-store.js";
import { readDocument } from "./read-document.js";

/** Maximum size of a JSON document in an archive, in bytes. */
const maxDocumentBytes = 4 << 20;

/** Maximum number of entries of an archive; an image has a few hundred. */
const maxEntries = 100_000;

/** A file of an archive in the content store. */
interface Stored {
  digest: string;
  size: number;
}

/**
 * Stores the first image of an archive, such as one of `docker save`, in a content store. Returns the digest of its
 * manifest or index; the manifest is created if the archive has no OCI layout. Files are stored by their digests, so
 * that no name in the archive becomes a path.
 */
export async function unpackImage(archive: AsyncIterable<Uint8Array>, store: BlobStore): Promise<string> {
  const files = new Map<string, Stored>();
  const links = new Map<string, string>();
  const entries = extract();
  let count = 0;
  const feeding = pipeline(archive, entries);
  // Reading the entries reports its error.
  feeding.catch(() => {});
  for await (const entry of entries) {
    const { name, type, linkname } = entry.header;
    const path = normalize(name);
    if (++count > maxEntries) throw answerTooLarge("The image archive", `${maxEntries} entries`);
    if (type === "symlink") links.set(path, join(dirname(path), linkname ?? ""));
    else if (type === "link") links.set(path, normalize(linkname ?? ""));
    else if (type === "file") files.set(path, await put(store, entry as AsyncIterable<Uint8Array>, path));
    entry.resume();
  }
  await feeding;
  const find = (path: string): Stored => {
    const found = files.get(normalize(path)) ?? files.get(links.get(normalize(path)) ?? "");
    if (!found) throw answerMalformed("The image archive", `it has no ${path}`);
    return found;
  };
  const read = async (name: string) =>
    parseDocument(
      await readDocument(store, find(name).digest, maxDocumentBytes),
      `${name} of the image archive`,
    );
  if (files.has("index.json")) {
    const digest = digestIn(await read("index.json"));
    if (!digest) throw answerMalformed("index.json of the image archive", "it has no image");
    return digest;
  }
  const image = imageIn(await read("manifest.json"));
  if (!image) throw answerMalformed("manifest.json of the image archive", "it has no image");
  const manifest = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...find(image.Config) },
    layers: image.Layers.map((layer) => ({
      mediaType: "application/vnd.oci.image.layer.v1.tar",
      ...find(layer),
    })),
  };
  return (await put(store, [Buffer.from(JSON.stringify(manifest))], "manifest")).digest;
}

async function put(
  store: BlobStore,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ref: string,
): Promise<Stored> {
  const ingest = await store.openIngest(ref, 0, "");
  try {
    for await (const chunk of bytes) await ingest.write(chunk);
    const { digest, offset: size } = ingest;
    store.finish(ingest);
    await ingest.commit(0, "").catch((error) => {
      // Files with the same content are one blob.
      if (!(error instanceof StatusError) || error.code !== Code.AlreadyExists) throw error;
    });
    return { digest, size };
  } finally {
    ingest.release();
  }
}

/** The digest of the first image of an index. */
function digestIn(index: unknown): string | undefined {
  const { manifests } = isJsonObject(index) ? index : {};
  const [first]: unknown[] = Array.isArray(manifests) ? manifests : [];
  return isDescriptor(first) && digestPattern.test(first.digest) ? first.digest : undefined;
}

/** The paths of the files of the first image in `manifest.json` of `docker save`. */
function imageIn(list: unknown): { Config: string; Layers: string[] } | undefined {
  const [first]: unknown[] = Array.isArray(list) ? list : [];
  const { Config, Layers } = isJsonObject(first) ? first : {};
  const isImage = typeof Config === "string" && Array.isArray(Layers);
  return isImage && Layers.every((layer) => typeof layer === "string") ? { Config, Layers } : undefined;
}
