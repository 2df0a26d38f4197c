import { dirname, join, normalize } from "node:path/posix";
import { pipeline } from "node:stream/promises";
import { Code } from "@connectrpc/connect";
import { extract } from "tar-stream";
import { answerTooLarge } from "../../errors/answer-too-large.js";
import { StatusError } from "../../errors/status-error.js";
import type { Descriptor } from "../../image/oci-index.js";
import { digestPattern } from "../../image/reference.js";
import { sizeText } from "../../util/size-text.js";
import type { BlobStore } from "./blob-store.js";

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
    if (!found) throw new Error(`The image archive has no ${path}.`);
    return found;
  };
  if (files.has("index.json")) {
    const index = (await read(store, find("index.json"))) as { manifests?: Descriptor[] };
    const digest = index.manifests?.[0]?.digest;
    if (!digest || !digestPattern.test(digest))
      throw new Error("The index of the image archive has no image.");
    return digest;
  }
  const [image] = (await read(store, find("manifest.json"))) as { Config: string; Layers: string[] }[];
  if (!image) throw new Error("The image archive has no image.");
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

async function read(store: BlobStore, { digest, size }: Stored): Promise<unknown> {
  if (size > maxDocumentBytes)
    throw answerTooLarge("A document of the image archive", sizeText(maxDocumentBytes));
  const chunks: Buffer[] = [];
  for await (const chunk of store.read(digest)) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}
