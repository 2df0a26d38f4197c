import { dirname, join, normalize } from "node:path/posix";
import { pipeline } from "node:stream/promises";
import { Code } from "@connectrpc/connect";
import { extract } from "tar-stream";
import { StatusError } from "../../errors/status-error.js";
import type { Descriptor } from "../../image/oci-index.js";
import { digestPattern } from "../../image/reference.js";
import type { BlobStore } from "./blob-store.js";

/** Largest JSON document of an archive, in bytes. */
const maxDocumentBytes = 4 << 20;

/** A file of an archive, as it is stored. */
interface Stored {
  digest: string;
  size: number;
}

/**
 * Puts the first image of an archive, as of `docker save`, into a content store, and returns the digest of its
 * manifest or index. An archive without an OCI layout gets a manifest made for it. Files are stored under their
 * digests alone, so no name in the archive ever becomes a path.
 */
export async function unpackImage(archive: AsyncIterable<Uint8Array>, store: BlobStore): Promise<string> {
  const files = new Map<string, Stored>();
  const links = new Map<string, string>();
  const entries = extract();
  const feeding = pipeline(archive, entries);
  // Its error comes out of the entries.
  feeding.catch(() => {});
  for await (const entry of entries) {
    const { name, type, linkname } = entry.header;
    const path = normalize(name);
    if (type === "symlink") links.set(path, join(dirname(path), linkname ?? ""));
    else if (type === "link") links.set(path, normalize(linkname ?? ""));
    else if (type === "file") files.set(path, await put(store, entry as AsyncIterable<Uint8Array>, path));
    entry.resume();
  }
  await feeding;
  const find = (path: string): Stored => {
    const found = files.get(normalize(path)) ?? files.get(links.get(normalize(path)) ?? "");
    if (!found) throw new Error(`the image archive has no ${path}`);
    return found;
  };
  if (files.has("index.json")) {
    const index = (await read(store, find("index.json"))) as { manifests?: Descriptor[] };
    const digest = index.manifests?.[0]?.digest;
    if (!digest || !digestPattern.test(digest))
      throw new Error("the image archive has an index without an image");
    return digest;
  }
  const [image] = (await read(store, find("manifest.json"))) as { Config: string; Layers: string[] }[];
  if (!image) throw new Error("the image archive has no image");
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
    for await (const piece of bytes) await ingest.write(piece);
    const { digest, offset: size } = ingest;
    store.finish(ingest);
    await ingest.commit(0, "").catch((error) => {
      // Two files with the same content are one blob.
      if (!(error instanceof StatusError) || error.code !== Code.AlreadyExists) throw error;
    });
    return { digest, size };
  } finally {
    ingest.release();
  }
}

async function read(store: BlobStore, { digest, size }: Stored): Promise<unknown> {
  if (size > maxDocumentBytes) throw new Error("the image archive has a document that is too large");
  const parts: Buffer[] = [];
  for await (const part of store.read(digest)) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString());
}
