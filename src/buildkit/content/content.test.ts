import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { pack } from "tar-stream";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import {
  AbortRequestSchema,
  InfoRequestSchema,
  InfoResponseSchema,
  ReadContentRequestSchema,
  ReadContentResponseSchema,
  StatusRequestSchema,
  StatusResponseSchema,
  WriteAction,
  WriteContentRequestSchema,
  WriteContentResponseSchema,
} from "../../gen/containerd/services/content/v1/content_pb.js";
import { findInLayout, named, putInLayout } from "../../image/oci-index.js";
import { UnsafePathError } from "../../util/folder-handles.js";
import { callMethod } from "../session/session-call.test-helper.js";
import { BlobStore } from "./blob-store.js";
import { content } from "./content.js";
import { readDocument } from "./read-document.js";
import { removeUnreferenced } from "./remove-unreferenced.js";
import { unpackImage } from "./unpack-image.js";

let dir: string;
let store: BlobStore;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "slipway-content-"));
  store = await BlobStore.writable(dir);
});
afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

const digestOf = (data: string | Buffer) => `sha256:${createHash("sha256").update(data).digest("hex")}`;
const blobFile = (digest: string) => join(dir, "blobs", ...digest.split(":"));

function put(data: string): string {
  const digest = digestOf(data);
  mkdirSync(join(dir, "blobs", "sha256"), { recursive: true });
  writeFileSync(blobFile(digest), data);
  return digest;
}

function call(name: string, messages: Uint8Array[], id: string | undefined = "local:cache") {
  const method = content(new Map([["local:cache", store]])).find(
    (candidate) => candidate.path === `/containerd.services.content.v1.Content/${name}`,
  );
  return callMethod(method!, {
    messages,
    headers: id === undefined ? {} : { "buildkit-attachable-store-id": id },
  });
}

const info = (digest: string, id?: string) =>
  call("Info", [toBinary(InfoRequestSchema, create(InfoRequestSchema, { digest }))], id);

async function read(request: MessageInitShape<typeof ReadContentRequestSchema>) {
  const message = toBinary(ReadContentRequestSchema, create(ReadContentRequestSchema, request));
  const { sent, error } = await call("Read", [message]);
  return { error, parts: sent.map((bytes) => fromBinary(ReadContentResponseSchema, bytes)) };
}

async function write(...requests: MessageInitShape<typeof WriteContentRequestSchema>[]) {
  const messages = requests.map((request) =>
    toBinary(WriteContentRequestSchema, create(WriteContentRequestSchema, request)),
  );
  const { sent, error } = await call("Write", messages);
  return { error, answers: sent.map((bytes) => fromBinary(WriteContentResponseSchema, bytes)) };
}

const { STAT, WRITE, COMMIT } = WriteAction;

test("selects the store by the header", async () => {
  const digest = put("x");
  expect((await info(digest)).error).toBeUndefined();
  expect((await info(digest, "oci:other")).error).toMatchObject({ code: Code.NotFound });
  const method = content(new Map())[0]!;
  expect((await callMethod(method, { messages: [new Uint8Array()] })).error).toMatchObject({
    code: Code.InvalidArgument,
  });
});

test("reports the size of a blob, and NOT_FOUND for a missing one", async () => {
  const { sent } = await info(put("hello"));
  expect(fromBinary(InfoResponseSchema, sent[0]!).info).toMatchObject({
    digest: digestOf("hello"),
    size: 5n,
  });
  expect((await info(digestOf("missing"))).error).toMatchObject({ code: Code.NotFound });
});

test.each([
  "sha256:../../../etc/passwd",
  `sha256:${"A".repeat(64)}`,
  `sha256:${"a".repeat(63)}`,
  `../sha256:${"a".repeat(64)}`,
  `sha256:${"a".repeat(64)}\n`,
  "",
])("refuses %j as a digest", async (digest) => {
  expect((await info(digest)).error).toMatchObject({ code: Code.InvalidArgument });
  expect((await read({ digest })).error).toMatchObject({ code: Code.InvalidArgument });
  expect((await write({ action: STAT, ref: "r", expected: digest || "md5:1" })).error).toMatchObject({
    code: Code.InvalidArgument,
  });
});

test("does not follow a link in place of a blob", async () => {
  const digest = digestOf("secret");
  writeFileSync(join(dir, "outside"), "secret");
  mkdirSync(join(dir, "blobs", "sha256"), { recursive: true });
  symlinkSync(join(dir, "outside"), blobFile(digest));
  expect((await info(digest)).error).toMatchObject({ code: Code.NotFound });
  expect((await read({ digest })).error).toMatchObject({ code: Code.NotFound });
});

test("reads a range of a blob in chunks", async () => {
  const data = "0123456789".repeat(250_000);
  const digest = put(data);
  const text = async (offset: number, size: number) => {
    const { parts, error } = await read({ digest, offset: BigInt(offset), size: BigInt(size) });
    expect(error).toBeUndefined();
    return Buffer.concat(parts.map((part) => part.data)).toString();
  };
  expect(await text(0, 0)).toBe(data);
  expect(await text(3, 4)).toBe("3456");
  expect(await text(data.length - 2, 100)).toBe("89");
  expect(await text(data.length, 0)).toBe("");
  const { parts } = await read({ digest, offset: 5n });
  expect(parts.map((part) => part.offset)).toEqual([5n, 5n + 1048576n, 5n + 2097152n]);
  expect((await read({ digest, offset: BigInt(data.length + 1) })).error).toMatchObject({
    code: Code.OutOfRange,
  });
});

test("writes a blob and verifies its digest", async () => {
  const expected = digestOf("hello world");
  const { answers, error } = await write(
    { action: STAT, ref: "layer", total: 11n, expected },
    { action: WRITE, data: Buffer.from("hello ") },
    { action: COMMIT, offset: 6n, data: Buffer.from("world"), total: 11n, expected },
  );
  expect(error).toBeUndefined();
  expect(answers.map((answer) => answer.offset)).toEqual([0n, 6n, 11n]);
  expect(answers[2]).toMatchObject({ action: COMMIT, digest: expected, total: 11n });
  expect(readFileSync(blobFile(expected), "utf8")).toBe("hello world");
  expect(readdirSync(join(dir, "ingest"))).toEqual([]);

  expect((await write({ action: STAT, ref: "again", expected })).error).toMatchObject({
    code: Code.AlreadyExists,
  });
  const late = await write(
    { action: STAT, ref: "late" },
    { action: COMMIT, data: Buffer.from("hello world") },
  );
  expect(late.error).toMatchObject({ code: Code.AlreadyExists });
});

test.each([
  ["size", { total: 4n }],
  ["digest", { expected: digestOf("other") }],
])("refuses and removes a blob with the wrong %s", async (_, announced) => {
  const { error } = await write(
    { action: STAT, ref: "r" },
    { action: COMMIT, data: Buffer.from("hello"), ...announced },
  );
  expect(error).toMatchObject({ code: Code.FailedPrecondition });
  expect(existsSync(blobFile(digestOf("hello")))).toBe(false);
  expect(readdirSync(join(dir, "ingest"))).toEqual([]);
});

test("continues, restarts or aborts an interrupted write", async () => {
  const begin = () =>
    write({ action: STAT, ref: "r", total: 6n }, { action: WRITE, data: Buffer.from("abc") });
  await begin();
  const request = toBinary(StatusRequestSchema, create(StatusRequestSchema, { ref: "r" }));
  const { sent } = await call("Status", [request]);
  expect(fromBinary(StatusResponseSchema, sent[0]!).status).toMatchObject({
    ref: "r",
    offset: 3n,
    total: 6n,
  });

  expect((await write({ action: STAT, ref: "r" }, { action: WRITE, offset: 2n })).error).toMatchObject({
    code: Code.OutOfRange,
  });
  const { answers } = await write(
    { action: STAT, ref: "r" },
    { action: COMMIT, offset: 3n, data: Buffer.from("def") },
  );
  expect(answers.map((answer) => answer.offset)).toEqual([3n, 6n]);
  expect(answers[1]!.digest).toBe(digestOf("abcdef"));

  await begin();
  const over = await write({ action: STAT, ref: "r" }, { action: COMMIT, data: Buffer.from("fresh") });
  expect(over.answers[1]!.digest).toBe(digestOf("fresh"));

  await begin();
  await call("Abort", [toBinary(AbortRequestSchema, create(AbortRequestSchema, { ref: "r" }))]);
  expect((await call("Status", [request])).error).toMatchObject({ code: Code.NotFound });
  expect(readdirSync(join(dir, "ingest"))).toEqual([]);
});

test("allows one writer per ref, and none in a read-only store", async () => {
  const ingest = await store.openIngest("r", 0, "");
  expect((await write({ action: STAT, ref: "r" })).error).toMatchObject({ code: Code.Unavailable });
  ingest.release();
  expect((await write({ action: STAT, ref: "r" })).error).toBeUndefined();
  await expect(BlobStore.readOnly(dir).openIngest("r", 0, "")).rejects.toMatchObject({
    code: Code.PermissionDenied,
  });
  expect((await write({ action: STAT })).error).toMatchObject({ code: Code.InvalidArgument });
});

test("removes incomplete files on close", async () => {
  await write({ action: STAT, ref: "r" }, { action: WRITE, data: Buffer.from("abc") });
  await store.close();
  expect(existsSync(join(dir, "ingest"))).toBe(false);
});

const descriptor = (text: string) => ({ mediaType: "m", digest: digestOf(text), size: text.length });

test("finds images in the index by name, by tag, or the only one", async () => {
  const name = "docker.io/library/app:v1";
  await putInLayout(dir, descriptor("one"), [{ name }]);
  expect(JSON.parse(readFileSync(join(dir, "oci-layout"), "utf8"))).toEqual({ imageLayoutVersion: "1.0.0" });
  expect(JSON.parse(readFileSync(join(dir, "index.json"), "utf8"))).toEqual({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [
      {
        ...descriptor("one"),
        annotations: { "io.containerd.image.name": name, "org.opencontainers.image.ref.name": "v1" },
      },
    ],
  });
  expect(await findInLayout(dir, "latest")).toBeUndefined();
  expect(await findInLayout(dir, "latest", { orOnly: true })).toMatchObject(descriptor("one"));

  await putInLayout(dir, descriptor("two"), [{ tag: "latest" }]);
  await putInLayout(dir, descriptor("three"), [{ tag: "latest" }]);
  expect(await findInLayout(dir, "latest")).toMatchObject(descriptor("three"));
  expect(await findInLayout(dir, "v1")).toMatchObject(descriptor("one"));
  expect(await findInLayout(dir, name)).toMatchObject(descriptor("one"));
});

test("keeps entries that are added concurrently, and foreign ones", async () => {
  writeFileSync(
    join(dir, "index.json"),
    JSON.stringify({ schemaVersion: 2, manifests: [{ digest: "x" }], own: 1 }),
  );
  const tags = Array.from({ length: 20 }, (_, index) => `t${index}`);
  await Promise.all(tags.map((tag) => putInLayout(dir, descriptor(tag), [{ tag }])));
  const index = JSON.parse(readFileSync(join(dir, "index.json"), "utf8"));
  expect(index).toMatchObject({ own: 1 });
  expect(index.manifests).toHaveLength(21);
  expect(readdirSync(dir).sort()).toEqual(["blobs", "index.json", "oci-layout"]);
});

test.each([
  [undefined, "no index.json"],
  ["{", "not JSON"],
  ["{}", "no list"],
  [
    '{"manifests":[{"annotations":{"org.opencontainers.image.ref.name":"latest"},"digest":"../x"}]}',
    "valid digest",
  ],
])("refuses a folder that is not a layout (%#)", async (text, why) => {
  if (text !== undefined) writeFileSync(join(dir, "index.json"), text);
  await expect(findInLayout(dir, "latest")).rejects.toMatchObject({
    reason: "OCI_LAYOUT_INVALID",
    message: expect.stringContaining(why),
  });
});

test("refuses bytes beyond the announced size, and endless incomplete blobs", async () => {
  const ingest = await store.openIngest("a", 10, "");
  await ingest.write(Buffer.alloc(10));
  await expect(ingest.write(Buffer.alloc(1))).rejects.toThrow("more than the announced 10 bytes");
  const open = async () => {
    for (let from = 0; from < 2000; from += 100) {
      const refs = Array.from({ length: 100 }, (_, at) => `i${from + at}`);
      const opened = await Promise.allSettled(refs.map((ref) => store.openIngest(ref, 10, "")));
      for (const each of opened) if (each.status === "rejected") throw each.reason;
    }
  };
  await expect(open()).rejects.toMatchObject({ code: Code.ResourceExhausted });
  expect(readdirSync(join(dir, "ingest")).length).toBeLessThanOrEqual(1024);
});

test("closes all when its folder was removed while blobs are written", async () => {
  const open = [await store.openIngest("a", 0, ""), await store.openIngest("b", 0, "")];
  for (const ingest of open) await ingest.write(Buffer.from("half"));
  rmSync(dir, { recursive: true });
  await store.close();
  for (const ingest of open) await expect(ingest.write(Buffer.from("rest"))).rejects.toThrow("aborted");
});

test("takes linear time for any name", () => {
  const name = `${"a/".repeat(200_000)}\n`;
  expect(named(descriptor(""), { name }).annotations?.["io.containerd.image.name"]).toBe(name);
});

test.each(["blobs", "blobs/sha256", "ingest"])("refuses a link in place of %s", async (path) => {
  const outside = mkdtempSync(join(tmpdir(), "slipway-outside-"));
  onTestFinished(() => rmSync(outside, { recursive: true }));
  mkdirSync(join(outside, "sha256"));
  writeFileSync(join(outside, "kept"), "kept");
  rmSync(join(dir, path), { recursive: true, force: true });
  symlinkSync(outside, join(dir, path));
  writeFileSync(join(dir, "index.json"), '{"manifests":[]}');
  await expect(BlobStore.writable(dir)).rejects.toThrow(UnsafePathError);
  // The link may also take the folder's place later.
  await expect(store.put(digestOf("new"), Buffer.from("new"))).rejects.toThrow(UnsafePathError);
  if (path !== "ingest") await expect(removeUnreferenced(dir)).rejects.toThrow(UnsafePathError);
  expect(readdirSync(outside).sort()).toEqual(["kept", "sha256"]);
  expect(readdirSync(join(outside, "sha256"))).toEqual([]);
});

test("removes the blobs that an index does not refer to", async () => {
  const layer = put("layer");
  const manifest = put(JSON.stringify({ layers: [{ digest: layer }] }));
  const other = put("other");
  writeFileSync(join(dir, "index.json"), JSON.stringify({ manifests: [{ digest: manifest }] }));
  await removeUnreferenced(dir);
  expect([layer, manifest, other].map((digest) => existsSync(blobFile(digest)))).toEqual([true, true, false]);
});

test("reads no blob above 16 MiB into memory, and no document that is none", async () => {
  const other = put("other");
  const large = digestOf("large");
  const layer = put("null");
  writeFileSync(blobFile(large), "");
  truncateSync(blobFile(large), (16 << 20) + 1);
  await expect(readDocument(store, large)).rejects.toMatchObject({ code: Code.ResourceExhausted });
  const manifests = [{ digest: large }, { digest: layer }, null, {}];
  writeFileSync(join(dir, "index.json"), JSON.stringify({ manifests, layers: null }));
  await removeUnreferenced(dir);
  expect([large, layer, other].map((digest) => existsSync(blobFile(digest)))).toEqual([true, true, false]);
});

test.each([
  ["index.json", "null"],
  ["index.json", "{"],
  ["index.json", '{"manifests":[null]}'],
  ["manifest.json", "null"],
  ["manifest.json", '[{"Config":"a"}]'],
  ["manifest.json", '[{"Config":"a","Layers":["b"]}]'],
])("an image archive whose %s is %s is malformed", async (name, content) => {
  const archive = pack();
  archive.entry({ name }, content);
  archive.finalize();
  const error = await unpackImage(archive as AsyncIterable<Uint8Array>, store).catch(readTypedError);
  expect(error).toMatchObject({ code: Code.DataLoss, reason: "ANSWER_MALFORMED" });
});
