import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import { makeTar } from "../src/archive/make-tar.test-helper.js";
import { BlobStore } from "../src/buildkit/content/blob-store.js";
import { removeUnreferenced } from "../src/buildkit/content/remove-unreferenced.js";
import { unpackImage } from "../src/buildkit/content/unpack-image.js";
import { cacheIn, descriptorIn } from "../src/host/builds/exporter-response.js";
import { mergeIndexes } from "../src/image/merge-indexes.js";
import { inFolder } from "./in-folder.js";
import { jsonOf } from "./inputs.js";
import { target } from "./target.js";

const typed = (error: unknown) => error instanceof ConnectError;
const index = jsonOf("manifests", "mediaType", "digest", "size", "annotations", "config", "layers", "blobs");

/** An element in a list, as most documents about images have. */
const listed = (element: fc.Arbitrary<string>) =>
  fc.oneof(
    element,
    element.map((text) => `[${text}]`),
    element.map((text) => `{"manifests":[${text}]}`),
  );

/** Parsers of documents about images, which a BuildKit or an engine sends. */
export const imageParsers = [
  target({
    name: "exporter response",
    inputs: jsonOf("mediaType", "digest", "size", "annotations"),
    run(text) {
      cacheIn({ "cache.manifest": text });
      descriptorIn({ "containerimage.descriptor": Buffer.from(text).toString("base64") });
    },
    refuses: typed,
  }),
  target({
    name: "indexes to merge",
    inputs: fc.array(listed(index), { maxLength: 3 }),
    run: (texts) => mergeIndexes(texts.map((text) => Buffer.from(text))),
    refuses: typed,
  }),
  target({
    name: "documents of an image archive",
    inputs: fc.tuple(
      fc.constantFrom("index.json", "manifest.json"),
      listed(jsonOf("manifests", "digest", "Config", "Layers", "index.json")),
    ),
    run: ([name, text]) =>
      inFolder(async (folder) => {
        const store = await BlobStore.writable(folder);
        const archive = await makeTar([{ name, content: text }]);
        await unpackImage(
          (async function* () {
            yield archive;
          })(),
          store,
        ).finally(() => store.close());
      }),
    refuses: typed,
  }),
  target({
    name: "index of a local cache",
    inputs: fc.tuple(listed(index), listed(index)),
    run: ([text, blob]) =>
      inFolder(async (folder) => {
        mkdirSync(join(folder, "blobs/sha256"), { recursive: true });
        writeFileSync(join(folder, "index.json"), text.replaceAll("sha256:00", `sha256:${"0".repeat(64)}`));
        writeFileSync(join(folder, `blobs/sha256/${"0".repeat(64)}`), blob);
        await removeUnreferenced(folder);
      }),
    refuses: typed,
  }),
];
