import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { inChunks, makeTar } from "../../../test/uploads/make-tar.js";
import { readTypedError } from "../../errors/typed-error.js";
import { BlobSchema, EntryType, ManifestEntrySchema } from "../../gen/slipway/v1/upload_pb.js";
import { digestOf } from "./upload-blobs.js";
import { Uploads, type UploadsOptions } from "./uploads.js";

let folder: string;
let uploads: Uploads;
const open = async (options: Partial<UploadsOptions> = {}) => {
  uploads = await Uploads.open({ directory: folder, ...options });
};
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-uploads-"));
  await open();
});
afterEach(async () => {
  await uploads.close();
  await rm(folder, { recursive: true });
});

const files = async () =>
  (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).length;
const reason = (call: () => unknown) =>
  Promise.resolve()
    .then(call)
    .then(
      () => "none",
      (cause) => readTypedError(cause).reason,
    );
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const never = new AbortController().signal;

type Entry = Parameters<typeof create<typeof ManifestEntrySchema>>[1];
const entry = (init: Entry) => create(ManifestEntrySchema, init);
const file = (path: string, content: string, more: Entry = {}) =>
  entry({
    path,
    type: EntryType.FILE,
    digest: digestOf(Buffer.from(content)),
    sizeBytes: BigInt(content.length),
    ...more,
  });
const directory = (path: string) => entry({ path, type: EntryType.DIRECTORY, mode: 0o755 });
const blob = (content: string, offset = 0, end = content.length) =>
  create(BlobSchema, {
    digest: digestOf(Buffer.from(content)),
    sizeBytes: BigInt(content.length),
    offset: BigInt(offset),
    data: Buffer.from(content).subarray(offset, end),
  });

async function read(id: string, path: string): Promise<string> {
  const upload = uploads.openUpload(id);
  const opened = await upload.source.open(path);
  const target = Buffer.alloc(1000);
  const bytes = await opened.read(target);
  await opened.close();
  upload.release();
  return target.toString("utf8", 0, bytes);
}

describe("tar in chunks", () => {
  test("is unpacked as it arrives; refuses a chunk at a wrong offset and continues", async () => {
    const tar = await makeTar([{ name: "f", content: "x".repeat(3000) }]);
    const { id, finished } = uploads.create("tar", "project");
    expect(finished).toBe(false);
    expect(await uploads.write(id, 0n, tar.subarray(0, 700))).toBe(700);
    const again = uploads.write(id, 0n, tar.subarray(0, 700));
    await expect(again).rejects.toSatisfy((cause) => readTypedError(cause).metadata?.offset === "700");
    expect(await reason(() => uploads.write(id, 800n, tar))).toBe("UPLOAD_OFFSET_MISMATCH");
    expect(await reason(() => uploads.openUpload(id))).toBe("UPLOAD_NOT_FINISHED");
    await uploads.write(id, 700n, tar.subarray(700));
    expect(await uploads.finish(id)).toMatchObject({ finished: true, entries: 1, size: 3000 });
    expect(await uploads.finish(id)).toMatchObject({ finished: true, entries: 1 });
    expect(await reason(() => uploads.write(id, BigInt(tar.length), tar))).toBe("UPLOAD_FINISHED");
    expect(uploads.openUpload(id).cacheKey).toBe("project");
    expect(await reason(() => uploads.addToManifest(id, [], []))).toBe("UPLOAD_FINISHED");
  });

  test("reports a bad entry in this call or the next, and deletes everything", async () => {
    const tar = await makeTar([
      { name: "ok", content: "x" },
      { name: "../bad", content: "y" },
    ]);
    const { id } = uploads.create("tar", "");
    const reasons = [await reason(() => uploads.write(id, 0n, tar)), await reason(() => uploads.finish(id))];
    expect(reasons).toContain("UPLOAD_ENTRY_REFUSED");
    expect(reasons[1]).toBe("UPLOAD_ENTRY_REFUSED");
    expect(await reason(() => uploads.openUpload(id))).toBe("UPLOAD_ENTRY_REFUSED");
    expect(await files()).toBe(0);
  });

  test("refuses a truncated archive", async () => {
    const tar = await makeTar([{ name: "ok", content: "x".repeat(500_000) }]);
    const { id } = uploads.create("tar", "");
    await uploads.write(id, 0n, tar.subarray(0, 300_000));
    expect(await reason(() => uploads.finish(id))).toBe("UPLOAD_TRUNCATED");
    expect(await files()).toBe(0);
  });
});

describe("manifest", () => {
  test("requests only missing contents and receives their chunks in order", async () => {
    const { id } = uploads.create("manifest", "");
    const big = "0123456789".repeat(20);
    const entries = [
      directory("d"),
      file("d/a", "aaa"),
      file("d/b", "bbb"),
      file("d/big", big),
      file("x", "aaa"),
    ];
    const missing = await uploads.addToManifest(id, entries, []);
    expect(missing).toEqual(["aaa", "bbb", big].map((text) => digestOf(Buffer.from(text))));
    await uploads.addToManifest(id, [], [blob("aaa"), blob(big, 0, 50)]);
    expect(await reason(() => uploads.addToManifest(id, [], [blob(big, 60, 80)]))).toBe(
      "UPLOAD_OFFSET_MISMATCH",
    );
    await expect(uploads.finish(id)).rejects.toSatisfy((cause) => {
      const { reason, message } = readTypedError(cause);
      return reason === "UPLOAD_INCOMPLETE" && message.endsWith('for "d/b", "d/big".');
    });
    await uploads.addToManifest(id, [], [blob(big, 50), blob("bbb"), blob("aaa")]);
    expect(await uploads.finish(id)).toMatchObject({ finished: true, entries: 5, size: 9 + 200 });
    expect(await read(id, "d/big")).toBe(big);

    const second = uploads.create("manifest", "");
    expect(await uploads.addToManifest(second.id, entries, [])).toEqual([]);
  });

  test("names 10 of the missing paths", async () => {
    const { id } = uploads.create("manifest", "");
    const entries = Array.from({ length: 12 }, (_, i) => file(`f${i}`, `content ${i}`));
    await uploads.addToManifest(id, entries, []);
    await expect(uploads.finish(id)).rejects.toThrow(/lacks 12 contents, for "f0", .*"f9" and more\.$/);
  });

  test.each<[string, Entry[]]>([
    ["entries[0].path", [{ path: "/abs", type: EntryType.DIRECTORY }]],
    ["entries[0].path", [{ path: "a/../b", type: EntryType.DIRECTORY }]],
    ["entries[0].path", [{ path: "a//b", type: EntryType.DIRECTORY }]],
    ["entries[0].path", [{ path: "./a", type: EntryType.DIRECTORY }]],
    ["entries[0].path", [{ path: "", type: EntryType.DIRECTORY }]],
    ["entries[0].path", [{ path: "no/parent", type: EntryType.DIRECTORY }]],
    [
      "entries[1].path",
      [
        { path: "a", type: EntryType.DIRECTORY },
        { path: "a", type: EntryType.DIRECTORY },
      ],
    ],
    [
      "entries[1].path",
      [
        { path: "l", type: EntryType.SYMLINK, linkTarget: "/etc" },
        { path: "l/passwd", type: EntryType.DIRECTORY },
      ],
    ],
    ["entries[0].link_target", [{ path: "l", type: EntryType.SYMLINK }]],
    ["entries[0].type", [{ path: "f" }]],
    ["entries[0].mode", [{ path: "f", type: EntryType.DIRECTORY, mode: 0o40755 }]],
    ["entries[0].digest", [{ path: "f", type: EntryType.FILE, digest: "sha256:../../../etc/passwd" }]],
    ["entries[0].size_bytes", [file("f", "x", { sizeBytes: -1n })]],
    ["entries[1].size_bytes", [file("f", "x"), file("g", "x", { sizeBytes: 2n })]],
  ])("refuses a bad %s and deletes everything", async (field, entries) => {
    const { id } = uploads.create("manifest", "");
    await expect(uploads.addToManifest(id, entries.map(entry), [])).rejects.toSatisfy((cause) => {
      const { reason, fields } = readTypedError(cause);
      return reason === "UPLOAD_ENTRY_REFUSED" && fields?.[0]?.field === field;
    });
    expect(await reason(() => uploads.finish(id))).toBe("UPLOAD_ENTRY_REFUSED");
  });

  test("refuses content with another digest", async () => {
    const { id } = uploads.create("manifest", "");
    await uploads.addToManifest(id, [file("f", "right")], []);
    const wrong = create(BlobSchema, { ...blob("right"), data: Buffer.from("wrong") });
    expect(await reason(() => uploads.addToManifest(id, [], [wrong]))).toBe("UPLOAD_DIGEST_MISMATCH");
    const longer = create(BlobSchema, { ...blob("right"), data: Buffer.from("right and more") });
    expect(await reason(() => uploads.addToManifest(id, [], [longer]))).toBe("UPLOAD_DIGEST_MISMATCH");
    const otherSize = create(BlobSchema, { ...blob("right"), sizeBytes: 6n });
    expect(await reason(() => uploads.addToManifest(id, [], [otherSize]))).toBe("UPLOAD_DIGEST_MISMATCH");
    for (const [offset, end] of [
      [0, 3],
      [3, 5],
    ] as const) {
      const chunk = create(BlobSchema, {
        ...blob("right", offset, end),
        data: Buffer.from("xxx").subarray(0, end - offset),
      });
      expect(await reason(() => uploads.addToManifest(id, [], [chunk]))).toBe(
        offset ? "UPLOAD_DIGEST_MISMATCH" : "none",
      );
    }
    expect(await files()).toBe(0);
    expect(await reason(() => uploads.addToManifest(id, [], [blob("unexpected")]))).toBe(
      "UPLOAD_BLOB_UNKNOWN",
    );
    await uploads.addToManifest(id, [], [blob("right")]);
    expect(await uploads.finish(id)).toMatchObject({ finished: true });
  });

  test("refuses calls for the other kind", async () => {
    const manifest = uploads.create("manifest", "");
    const tar = uploads.create("tar", "");
    expect(await reason(() => uploads.write(manifest.id, 0n, Buffer.from("x")))).toBe("UPLOAD_WRONG_KIND");
    expect(await reason(() => uploads.addToManifest(tar.id, [], []))).toBe("UPLOAD_WRONG_KIND");
  });
});

describe("expiry", () => {
  const small = () => makeTar([{ name: "f", content: "content" }]);

  test("removes an unused upload, and one in use after its release", async () => {
    await uploads.close();
    await open({ idleMs: 80, unfinishedIdleMs: 80 });
    const unused = await uploads.receiveTar(inChunks(await small()), () => "", never);
    const used = await uploads.receiveTar(inChunks(await small()), () => "", never);
    const half = uploads.create("tar", "");
    await uploads.write(half.id, 0n, (await small()).subarray(0, 600));
    const use = uploads.openUpload(used.id);
    await sleep(250);
    for (const { id } of [unused, half])
      expect(await reason(() => uploads.openUpload(id))).toBe("UPLOAD_NOT_FOUND");
    uploads.openUpload(used.id).release();
    use.release();
    use.release();
    await sleep(250);
    expect(await reason(() => uploads.openUpload(used.id))).toBe("UPLOAD_NOT_FOUND");
    // Its content stays in the cache.
    expect(await files()).toBe(1);
  });

  test("a deleted upload keeps its content while it is in use", async () => {
    await uploads.close();
    await open({ cache: { bytes: 0 }, idleMs: 40 });
    const { id } = await uploads.receiveTar(inChunks(await small()), () => "", never);
    const use = uploads.openUpload(id);
    await uploads.delete(id);
    await uploads.delete(id);
    expect(await reason(() => uploads.openUpload(id))).toBe("UPLOAD_NOT_FOUND");
    await sleep(50);
    const opened = await use.source.open("f");
    expect(await opened.read(Buffer.alloc(10))).toBe(7);
    await opened.close();
    use.release();
    await sleep(100);
    expect(await files()).toBe(0);
  });

  test("limits the number of unfinished uploads", async () => {
    await uploads.close();
    await open({ maxUnfinished: 2 });
    const first = uploads.create("tar", "");
    uploads.create("manifest", "");
    expect(await reason(() => uploads.create("tar", ""))).toBe("UPLOAD_TOO_MANY");
    await uploads.delete(first.id);
    uploads.create("tar", "");
  });

  test("close aborts running calls", async () => {
    async function* stalls() {
      yield (await makeTar([{ name: "f", content: "x".repeat(400_000) }])).subarray(0, 300_000);
      await new Promise(() => {});
    }
    const stalled = uploads.receiveTar(stalls(), () => "", never);
    const half = uploads.create("tar", "");
    await uploads.write(half.id, 0n, (await small()).subarray(0, 600));
    const parts = uploads.create("manifest", "");
    await uploads.addToManifest(parts.id, [file("f", "some content")], [blob("some content", 0, 4)]);
    expect(await files()).toBeGreaterThan(0);
    await Promise.all([uploads.close(), expect(stalled).rejects.toThrow("shutting down")]);
    expect(await files()).toBe(0);
  });
});
