import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { digestPattern } from "../../image/reference.js";
import { ConfinedFolder } from "../../util/confined-folder.js";

/** References of a manifest or an index. */
interface Content {
  config?: { digest: string };
  layers?: { digest: string }[];
  blobs?: { digest: string }[];
  manifests?: { digest: string }[];
}

/**
 * Removes the blobs of an OCI layout folder that its index does not refer to, directly or indirectly. A link in place of a
 * folder of blobs is refused.
 */
export async function removeUnreferenced(dir: string): Promise<void> {
  const index = JSON.parse(await readFile(join(dir, "index.json"), "utf8")) as Content;
  const referenced = new Set<string>();
  await follow(dir, index, referenced);
  await ConfinedFolder.within(dir, async (folder) => {
    for (const { name: algorithm } of await folder.list("blobs")) {
      for (const { name: hex } of await folder.list(`blobs/${algorithm}`)) {
        if (!referenced.has(`${algorithm}:${hex}`)) await folder.remove(`blobs/${algorithm}/${hex}`);
      }
    }
  });
}

async function follow(dir: string, content: Content, referenced: Set<string>): Promise<void> {
  for (const { digest } of [content.config, content.layers, content.blobs]
    .flat()
    .filter((d) => d !== undefined)) {
    referenced.add(digest);
  }
  for (const { digest } of content.manifests ?? []) {
    if (referenced.has(digest) || !digestPattern.test(digest)) continue;
    referenced.add(digest);
    // The index of a cache also lists layers, which are not JSON.
    const child = await readFile(join(dir, "blobs", ...digest.split(":")), "utf8")
      .then((text) => JSON.parse(text) as Content)
      .catch(() => undefined);
    if (child) await follow(dir, child, referenced);
  }
}
