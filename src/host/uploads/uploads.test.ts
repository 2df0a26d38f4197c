import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { inChunks, makeTar } from "../../archive/make-tar.test-helper.js";
import { readTypedError } from "../../errors/typed-error.js";
import { BlobSchema, EntryType, ManifestEntrySchema } from "../../gen/slipway/v1/upload_pb.js";
import { localPrincipal, type Principal } from "../access/principal.js";
import { digestOf } from "./upload-blobs.js";
import { Uploads, type UploadsOptions } from "./uploads.js";

let folder: string;
let uploads: Uploads;
const open = async (options: Partial<UploadsOptions> = {}) => {
  uploads = await Uploads.open({ folder, ...options });
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
  const upload = uploads.openUpload(id, localPrincipal);
  const opened = await upload.source.open(path);
  const target = Buffer.alloc(1000);
  const bytes = await opened.read(target);
  await opened.close();
  upload.release();
  return target.toString("utf8", 0, bytes);
}

describe("an upload that a build uses", () => {
  /** An upload with hard links, a symbolic link and a folder. */
  async function kept() {
    const tar = await makeTar([
      { name: "d/", type: "directory" },
      { name: "d/a", content: "content of a" },
      { name: "d/b", type: "link", linkname: "d/a" },
      { name: "l", type: "symlink", linkname: "d/a" },
    ]);
    const { id } = await uploads.receiveTar(inChunks(tar, 512), () => "project", localPrincipal, never);
    const used = uploads.openUpload(id, localPrincipal);
    await Promise.all([used.keep(), used.keep()]);
    return { id, used, entries: await used.source.stat(["d", "d/a", "d/b", "l"]) };
  }

  test("is there for the next host, whether this one is killed or stops", async () => {
    const { id, entries } = await kept();
    const { id: other } = uploads.create("manifest", "", localPrincipal);
    const killed = uploads;
    // The cache has no room: what the upload needs is no part of it.
    await open({ cache: { bytes: 0 } });
    const again = uploads.openUpload(id, localPrincipal);
    expect(await again.source.stat(["d", "d/a", "d/b", "l"])).toEqual(entries);
    expect(again.cacheKey).toBe("project");
    expect(await reason(() => uploads.finish(other, localPrincipal))).toBe("UPLOAD_NOT_FOUND");
    await uploads.close();
    await open({ cache: { bytes: 0 } });
    expect(await read(id, "d/b")).toBe("content of a");
    await killed.close();
  });

  test("is forgotten with its last use, and when the host stops while nothing uses it", async () => {
    const { id, used } = await kept();
    await uploads.delete(id, localPrincipal);
    expect(await readdir(join(folder, "trees"))).toEqual([id]);
    used.release();
    await expect.poll(() => readdir(join(folder, "trees"))).toEqual([]);

    const next = await kept();
    next.used.release();
    await uploads.close();
    await open();
    expect(await reason(() => uploads.openUpload(next.id, localPrincipal))).toBe("UPLOAD_NOT_FOUND");
  });

  test("whose contents are gone, or whose file is damaged, is unknown", async () => {
    const { id } = await kept();
    await writeFile(join(folder, "trees", "damaged"), "\u0001");
    await writeFile(join(folder, "trees", "half.new"), "");
    await rm(join(folder, "blobs"), { recursive: true });
    await open();
    expect(await reason(() => uploads.openUpload(id, localPrincipal))).toBe("UPLOAD_NOT_FOUND");
    expect(await readdir(join(folder, "trees"))).toEqual([]);
  });
});

describe("tar in chunks", () => {
  test("is unpacked as it arrives; refuses a chunk at a wrong offset and continues", async () => {
    const tar = await makeTar([{ name: "f", content: "x".repeat(3000) }]);
    const { id, finished } = uploads.create("tar", "project", localPrincipal);
    expect(finished).toBe(false);
    expect(await uploads.write(id, 0n, tar.subarray(0, 700), localPrincipal)).toBe(700);
    const again = uploads.write(id, 0n, tar.subarray(0, 700), localPrincipal);
    await expect(again).rejects.toSatisfy((cause) => readTypedError(cause).metadata?.offset === "700");
    expect(await reason(() => uploads.write(id, 800n, tar, localPrincipal))).toBe("UPLOAD_OFFSET_MISMATCH");
    expect(await reason(() => uploads.openUpload(id, localPrincipal))).toBe("UPLOAD_NOT_FINISHED");
    await uploads.write(id, 700n, tar.subarray(700), localPrincipal);
    expect(await uploads.finish(id, localPrincipal)).toMatchObject({
      finished: true,
      entries: 1,
      size: 3000,
    });
    expect(await uploads.finish(id, localPrincipal)).toMatchObject({ finished: true, entries: 1 });
    expect(await reason(() => uploads.write(id, BigInt(tar.length), tar, localPrincipal))).toBe(
      "UPLOAD_FINISHED",
    );
    expect(uploads.openUpload(id, localPrincipal).cacheKey).toBe("project");
    expect(await reason(() => uploads.addToManifest(id, [], [], localPrincipal))).toBe("UPLOAD_FINISHED");
  });

  test("reports a bad entry in this call or the next, and deletes everything", async () => {
    const tar = await makeTar([
      { name: "ok", content: "x" },
      { name: "../bad", content: "y" },
    ]);
    const { id } = uploads.create("tar", "", localPrincipal);
    const reasons = [
      await reason(() => uploads.write(id, 0n, tar, localPrincipal)),
      await reason(() => uploads.finish(id, localPrincipal)),
    ];
    expect(reasons).toContain("UPLOAD_ENTRY_REFUSED");
    expect(reasons[1]).toBe("UPLOAD_ENTRY_REFUSED");
    expect(await reason(() => uploads.openUpload(id, localPrincipal))).toBe("UPLOAD_ENTRY_REFUSED");
    expect(await files()).toBe(0);
  });

  test("refuses a truncated archive", async () => {
    const tar = await makeTar([{ name: "ok", content: "x".repeat(500_000) }]);
    const { id } = uploads.create("tar", "", localPrincipal);
    await uploads.write(id, 0n, tar.subarray(0, 300_000), localPrincipal);
    expect(await reason(() => uploads.finish(id, localPrincipal))).toBe("UPLOAD_TRUNCATED");
    expect(await files()).toBe(0);
  });
});

describe("manifest", () => {
  test("requests only missing contents and receives their chunks in order", async () => {
    const { id } = uploads.create("manifest", "", localPrincipal);
    const big = "0123456789".repeat(20);
    const entries = [
      directory("d"),
      file("d/a", "aaa"),
      file("d/b", "bbb"),
      file("d/big", big),
      file("x", "aaa"),
    ];
    const missing = await uploads.addToManifest(id, entries, [], localPrincipal);
    expect(missing).toEqual(["aaa", "bbb", big].map((text) => digestOf(Buffer.from(text))));
    await uploads.addToManifest(id, [], [blob("aaa"), blob(big, 0, 50)], localPrincipal);
    expect(await reason(() => uploads.addToManifest(id, [], [blob(big, 60, 80)], localPrincipal))).toBe(
      "UPLOAD_OFFSET_MISMATCH",
    );
    await expect(uploads.finish(id, localPrincipal)).rejects.toSatisfy((cause) => {
      const { reason, message } = readTypedError(cause);
      return reason === "UPLOAD_INCOMPLETE" && message.endsWith('for "d/b", "d/big".');
    });
    await uploads.addToManifest(id, [], [blob(big, 50), blob("bbb"), blob("aaa")], localPrincipal);
    expect(await uploads.finish(id, localPrincipal)).toMatchObject({
      finished: true,
      entries: 5,
      size: 9 + 200,
    });
    expect(await read(id, "d/big")).toBe(big);

    const second = uploads.create("manifest", "", localPrincipal);
    expect(await uploads.addToManifest(second.id, entries, [], localPrincipal)).toEqual([]);
  });

  test("names 10 of the missing paths", async () => {
    const { id } = uploads.create("manifest", "", localPrincipal);
    const entries = Array.from({ length: 12 }, (_, i) => file(`f${i}`, `content ${i}`));
    await uploads.addToManifest(id, entries, [], localPrincipal);
    await expect(uploads.finish(id, localPrincipal)).rejects.toThrow(
      /lacks 12 contents, for "f0", .*"f9" and more\.$/,
    );
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
    const { id } = uploads.create("manifest", "", localPrincipal);
    await expect(uploads.addToManifest(id, entries.map(entry), [], localPrincipal)).rejects.toSatisfy(
      (cause) => {
        const { reason, fields } = readTypedError(cause);
        return reason === "UPLOAD_ENTRY_REFUSED" && fields?.[0]?.field === field;
      },
    );
    expect(await reason(() => uploads.finish(id, localPrincipal))).toBe("UPLOAD_ENTRY_REFUSED");
  });

  test("refuses content with another digest", async () => {
    const { id } = uploads.create("manifest", "", localPrincipal);
    await uploads.addToManifest(id, [file("f", "right")], [], localPrincipal);
    const wrong = create(BlobSchema, { ...blob("right"), data: Buffer.from("wrong") });
    expect(await reason(() => uploads.addToManifest(id, [], [wrong], localPrincipal))).toBe(
      "UPLOAD_DIGEST_MISMATCH",
    );
    const longer = create(BlobSchema, { ...blob("right"), data: Buffer.from("right and more") });
    expect(await reason(() => uploads.addToManifest(id, [], [longer], localPrincipal))).toBe(
      "UPLOAD_DIGEST_MISMATCH",
    );
    const otherSize = create(BlobSchema, { ...blob("right"), sizeBytes: 6n });
    expect(await reason(() => uploads.addToManifest(id, [], [otherSize], localPrincipal))).toBe(
      "UPLOAD_DIGEST_MISMATCH",
    );
    for (const [offset, end] of [
      [0, 3],
      [3, 5],
    ] as const) {
      const chunk = create(BlobSchema, {
        ...blob("right", offset, end),
        data: Buffer.from("xxx").subarray(0, end - offset),
      });
      expect(await reason(() => uploads.addToManifest(id, [], [chunk], localPrincipal))).toBe(
        offset ? "UPLOAD_DIGEST_MISMATCH" : "none",
      );
    }
    expect(await files()).toBe(0);
    expect(await reason(() => uploads.addToManifest(id, [], [blob("unexpected")], localPrincipal))).toBe(
      "UPLOAD_BLOB_UNKNOWN",
    );
    await uploads.addToManifest(id, [], [blob("right")], localPrincipal);
    expect(await uploads.finish(id, localPrincipal)).toMatchObject({ finished: true });
  });

  test("refuses calls for the other kind", async () => {
    const manifest = uploads.create("manifest", "", localPrincipal);
    const tar = uploads.create("tar", "", localPrincipal);
    expect(await reason(() => uploads.write(manifest.id, 0n, Buffer.from("x"), localPrincipal))).toBe(
      "UPLOAD_WRONG_KIND",
    );
    expect(await reason(() => uploads.addToManifest(tar.id, [], [], localPrincipal))).toBe(
      "UPLOAD_WRONG_KIND",
    );
  });
});

describe("expiry", () => {
  const small = () => makeTar([{ name: "f", content: "content" }]);

  test("removes an unused upload, and one in use after its release", async () => {
    await uploads.close();
    await open({ idleMs: 1000, unfinishedIdleMs: 1000 });
    const unused = await uploads.receiveTar(inChunks(await small()), () => "", localPrincipal, never);
    const used = await uploads.receiveTar(inChunks(await small()), () => "", localPrincipal, never);
    const half = uploads.create("tar", "", localPrincipal);
    await uploads.write(half.id, 0n, (await small()).subarray(0, 600), localPrincipal);
    const use = uploads.openUpload(used.id, localPrincipal);
    await sleep(3000);
    for (const { id } of [unused, half])
      expect(await reason(() => uploads.openUpload(id, localPrincipal))).toBe("UPLOAD_NOT_FOUND");
    uploads.openUpload(used.id, localPrincipal).release();
    use.release();
    use.release();
    await sleep(3000);
    expect(await reason(() => uploads.openUpload(used.id, localPrincipal))).toBe("UPLOAD_NOT_FOUND");
    // Its content stays in the cache.
    expect(await files()).toBe(1);
  });

  test.each([1, -1])("a clock that is set by %i day removes no upload", async (days) => {
    vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
    try {
      await open();
      const finished = await uploads.receiveTar(inChunks(await small()), () => "", localPrincipal, never);
      const half = uploads.create("tar", "", localPrincipal);
      vi.setSystemTime(Date.now() + days * 86_400_000);
      await vi.advanceTimersByTimeAsync(120_000);
      uploads.openUpload(finished.id, localPrincipal).release();
      expect(await uploads.write(half.id, 0n, (await small()).subarray(0, 600), localPrincipal)).toBe(600);
      const { expires } = await uploads.finish(finished.id, localPrincipal);
      expect(expires.getTime() - Date.now()).toBeGreaterThan(3_500_000);
      expect(expires.getTime() - Date.now()).toBeLessThanOrEqual(3_600_000);
    } finally {
      vi.useRealTimers();
    }
  });

  test("a deleted upload keeps its content while it is in use", async () => {
    await uploads.close();
    await open({ cache: { bytes: 0 }, idleMs: 1000 });
    const { id } = await uploads.receiveTar(inChunks(await small()), () => "", localPrincipal, never);
    const use = uploads.openUpload(id, localPrincipal);
    await uploads.delete(id, localPrincipal);
    await uploads.delete(id, localPrincipal);
    expect(await reason(() => uploads.openUpload(id, localPrincipal))).toBe("UPLOAD_NOT_FOUND");
    await sleep(1500);
    const opened = await use.source.open("f");
    expect(await opened.read(Buffer.alloc(10))).toBe(7);
    await opened.close();
    use.release();
    await expect.poll(files).toBe(0);
  });

  test("close aborts running calls", async () => {
    async function* stalls() {
      yield (await makeTar([{ name: "f", content: "x".repeat(400_000) }])).subarray(0, 300_000);
      await new Promise(() => {});
    }
    const stalled = uploads.receiveTar(stalls(), () => "", localPrincipal, never);
    const half = uploads.create("tar", "", localPrincipal);
    await uploads.write(half.id, 0n, (await small()).subarray(0, 600), localPrincipal);
    const parts = uploads.create("manifest", "", localPrincipal);
    await uploads.addToManifest(
      parts.id,
      [file("f", "some content")],
      [blob("some content", 0, 4)],
      localPrincipal,
    );
    expect(await files()).toBeGreaterThan(0);
    await Promise.all([uploads.close(), expect(stalled).rejects.toThrow("shutting down")]);
    expect(await files()).toBe(0);
  });
});

describe("several principals", () => {
  const ann: Principal = { id: "token:ann", role: "builder", groups: [] };
  const bob: Principal = { id: "token:bob", role: "builder", groups: [] };
  const content = "what ann has sent";
  const file = create(ManifestEntrySchema, {
    path: "f",
    type: EntryType.FILE,
    mode: 0o644,
    digest: digestOf(Buffer.from(content)),
    sizeBytes: BigInt(content.length),
  });

  test("an upload of another principal does not exist", async () => {
    const { id } = uploads.create("tar", "", ann);
    expect(await reason(() => uploads.write(id, 0n, Buffer.alloc(512), bob))).toBe("UPLOAD_NOT_FOUND");
    expect(await reason(() => uploads.finish(id, bob))).toBe("UPLOAD_NOT_FOUND");
    expect(await reason(() => uploads.openUpload(id, bob))).toBe("UPLOAD_NOT_FOUND");
    await uploads.delete(id, bob);
    expect(await uploads.write(id, 0n, Buffer.alloc(512), ann)).toBe(512);
    await uploads.delete(id, localPrincipal);
    expect(await reason(() => uploads.finish(id, ann))).toBe("UPLOAD_NOT_FOUND");
  });

  test("content of another principal is missing until one has sent it", async () => {
    const first = uploads.create("manifest", "", ann);
    expect(await uploads.addToManifest(first.id, [file], [blob(content)], ann)).toEqual([file.digest]);
    await uploads.finish(first.id, ann);

    const second = uploads.create("manifest", "", bob);
    expect(await uploads.addToManifest(second.id, [file], [], bob)).toEqual([file.digest]);
    expect(await reason(() => uploads.finish(second.id, bob))).toBe("UPLOAD_INCOMPLETE");
    await uploads.addToManifest(second.id, [], [blob(content)], bob);
    await uploads.finish(second.id, bob);

    for (const again of [ann, bob, localPrincipal]) {
      const { id } = uploads.create("manifest", "", again);
      expect(await uploads.addToManifest(id, [file], [], again)).toEqual([]);
    }
  });
});
