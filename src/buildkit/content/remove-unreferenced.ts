import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { JsonObject } from "@bufbuild/protobuf";
import { parseObject } from "../../image/documents.js";
import { ConfinedFolder } from "../../util/confined-folder.js";
import { isJsonObject } from "../../util/is-json-object.js";
import { BlobStore } from "./blob-store.js";
import { readDocument } from "./read-document.js";

/**
 * Removes the blobs of an OCI layout folder that its index does not refer to, directly or indirectly. A link in place of a
 * folder of blobs is refused. Rejects with ANSWER_MALFORMED if the index is not JSON.
 */
export async function removeUnreferenced(dir: string): Promise<void> {
  const index = parseObject(await readFile(join(dir, "index.json")), `The index of ${dir}`);
  const referenced = new Set<string>();
  await follow(BlobStore.readOnly(dir), index, referenced);
  await ConfinedFolder.within(dir, async (folder) => {
    for (const { name: algorithm } of await folder.list("blobs")) {
      for (const { name: hex } of await folder.list(`blobs/${algorithm}`)) {
        if (!referenced.has(`${algorithm}:${hex}`)) await folder.remove(`blobs/${algorithm}/${hex}`);
      }
    }
  });
}

/** Adds what a manifest or an index refers to. */
async function follow(
  store: BlobStore,
  { config, layers, blobs, manifests }: JsonObject,
  referenced: Set<string>,
): Promise<void> {
  for (const digest of digestsOf(config, layers, blobs)) referenced.add(digest);
  for (const digest of digestsOf(manifests)) {
    if (referenced.has(digest)) continue;
    referenced.add(digest);
    // The index of a cache also lists layers, which are not JSON, and may be larger than any document.
    const child = await readDocument(store, digest)
      .then((bytes) => parseObject(bytes, digest))
      .catch(() => undefined);
    if (child) await follow(store, child, referenced);
  }
}

/** The digests of descriptors, or lists of them; other values have none. */
function digestsOf(...values: unknown[]): string[] {
  return values
    .flat()
    .flatMap((value) => (isJsonObject(value) && typeof value.digest === "string" ? [value.digest] : []));
}
