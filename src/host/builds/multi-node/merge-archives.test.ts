import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";
import { expect, it } from "vitest";
import { tarEntries } from "../../../archive/tar-entries.js";
import { readTypedError } from "../../../errors/typed-error.js";
import type { Descriptor } from "../../../image/oci-index.js";
import { mergeOciArchives, mergeTars } from "./merge-archives.js";

const signal = new AbortController().signal;

function tarOf(files: Record<string, string | Buffer>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  return buffer(archive);
}

/** A stream in chunks of the given size. */
async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function filesIn(archive: AsyncIterable<Uint8Array>): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for await (const { header, content } of tarEntries(archive, signal)) {
    if (files.has(header.name)) throw new Error(`${header.name} occurs twice`);
    files.set(header.name, await buffer(content));
  }
  return files;
}

it.each([1, 511, 1024, 1 << 20])("joins tars that come in chunks of %d bytes", async (size) => {
  const zeros = Buffer.alloc(2048);
  const archives = await Promise.all([tarOf({ "a/zeros": zeros }), tarOf({ "b/text": "text" })]);
  const files = await filesIn(mergeTars(archives.map((archive) => inChunks(archive, size))));
  expect([...files.keys()]).toEqual(["a/zeros", "b/text"]);
  expect(files.get("a/zeros")).toEqual(zeros);
});

it("fails when an archive has no end marker", async () => {
  const whole = await tarOf({ "a/text": "text" });
  const cut = inChunks(whole.subarray(0, -1024), 100);
  await expect(filesIn(mergeTars([cut]))).rejects.toThrow("no end marker");
});

function blob(content: string | object): { name: string; bytes: Buffer; descriptor: Descriptor } {
  const bytes = Buffer.from(typeof content === "string" ? content : JSON.stringify(content));
  const hex = createHash("sha256").update(bytes).digest("hex");
  const descriptor = { mediaType: "x", digest: `sha256:${hex}`, size: bytes.length };
  return { name: `blobs/sha256/${hex}`, bytes, descriptor };
}

const indexType = "application/vnd.oci.image.index.v1+json";
const names = { "org.opencontainers.image.ref.name": "1" };

/** An image archive of one platform, as BuildKit sends it. */
function image(layers: string[], annotations = {}): { archive: Promise<Buffer>; manifest: Descriptor } {
  const blobs = layers.map(blob);
  const manifest = blob({ layers: blobs.map(({ descriptor }) => descriptor) });
  const index = blob({ mediaType: indexType, manifests: [manifest.descriptor], annotations });
  const top = { manifests: [{ ...index.descriptor, mediaType: indexType, annotations: names }] };
  const files = [...blobs, manifest, index].map(({ name, bytes }) => [name, bytes] as const);
  const archive = tarOf({
    ...Object.fromEntries(files),
    "index.json": JSON.stringify(top),
    "oci-layout": "{}",
  });
  return { archive, manifest: manifest.descriptor };
}

it("joins image archives into one with one index, each blob once", async () => {
  const images = [image(["shared", "amd"], { a: "1" }), image(["shared", "arm", "{}"], { b: "2" })];
  const streams = await Promise.all(images.map(async ({ archive }) => inChunks(await archive, 700)));
  let merged: Descriptor | undefined;
  const files = await filesIn(
    mergeOciArchives(streams, (descriptor) => {
      merged = descriptor;
    }),
  );
  const top = JSON.parse(String(files.get("index.json")));
  expect(top.manifests).toEqual([{ ...merged, annotations: names }]);
  const index = JSON.parse(String(files.get(`blobs/${merged!.digest.replace(":", "/")}`)));
  expect(index).toEqual({
    schemaVersion: 2,
    mediaType: indexType,
    manifests: images.map(({ manifest }) => manifest),
    annotations: { a: "1", b: "2" },
  });
  // Four layers, two manifests and one index.
  expect([...files.keys()].filter((name) => name.startsWith("blobs/"))).toHaveLength(7);
  expect(JSON.parse(String(files.get("oci-layout")))).toEqual({ imageLayoutVersion: "1.0.0" });
});

it("fails when an archive is incomplete, or has an image without an index", async () => {
  const { archive } = image(["a"]);
  const complete = await archive;
  const join = (archive: Buffer) => filesIn(mergeOciArchives([inChunks(archive, 512)], () => {}));
  await expect(join(complete.subarray(0, 1024))).rejects.toThrow();
  const bare = await tarOf({ "index.json": JSON.stringify({ manifests: [blob("x").descriptor] }) });
  await expect(join(bare)).rejects.toThrow("without an index of platforms");
});

it("bounds the indexes that it collects, and refuses an archive without a usable one", async () => {
  const padding = "x".repeat(3 << 20);
  async function* flood() {
    const archive = pack();
    for (let at = 0; at < 10; at += 1) {
      const { name, bytes } = blob({ manifests: [], at, padding });
      archive.entry({ name }, bytes);
    }
    archive.finalize();
    yield* archive as AsyncIterable<Uint8Array>;
  }
  await expect(filesIn(mergeOciArchives([flood()], () => {}))).rejects.toSatisfy(
    (cause) => readTypedError(cause).reason === "ANSWER_TOO_LARGE",
  );
  for (const index of ["[]", "null", "{", '{"manifests":{}}', '{"manifests":[null]}']) {
    const archive = tarOf({ "index.json": index });
    async function* source() {
      yield await archive;
    }
    await expect(filesIn(mergeOciArchives([source()], () => {}))).rejects.toThrow("without an index");
  }
});
