import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { inChunks, makeTar } from "../../archive/make-tar.test-helper.js";
import { readTypedError } from "../../errors/typed-error.js";
import { BlobSchema, EntryType, ManifestEntrySchema } from "../../gen/slipway/v1/upload_pb.js";
import { localPrincipal, type Principal } from "../access/principal.js";
import { type Limits, limitsWith } from "../quotas/limits.js";
import { digestOf } from "./upload-blobs.js";
import { Uploads, type UploadsOptions } from "./uploads.js";

const ann: Principal = { id: "token:ann", role: "builder", groups: [] };
const bob: Principal = { id: "token:bob", role: "builder", groups: [] };
const never = new AbortController().signal;

let folder: string;
let uploads: Uploads | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-quotas-"));
});
afterEach(async () => {
  await uploads?.close();
  await rm(folder, { recursive: true });
});

async function open(limits: Partial<Limits>, options: Partial<UploadsOptions> = {}): Promise<Uploads> {
  uploads = await Uploads.open({ folder, graceMs: 0, ...options, limits: limitsWith(limits) });
  return uploads;
}

/** Uploads one file; each text is another content. */
async function upload(text: string, owner: Principal, size = 1000): Promise<string> {
  const tar = await makeTar([{ name: "f", content: text.padEnd(size, ".") }]);
  return (await uploads!.receiveTar(inChunks(tar), () => "", owner, never)).id;
}

const refusalOf = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable("the call succeeded"),
    (cause) => readTypedError(cause),
  );
const isThere = (id: string, owner: Principal) => {
  try {
    uploads!.openUpload(id, owner).release();
    return true;
  } catch (cause) {
    expect(readTypedError(cause).reason).toBe("UPLOAD_NOT_FOUND");
    return false;
  }
};
const blobs = () => readdir(join(folder, "blobs/sha256"));

describe("bytes", () => {
  test("the least recently used upload of the principal makes room, whatever others have", async () => {
    await open({ "principal-upload-bytes": 2500 });
    const other = await upload("bob", bob);
    const [first, second] = [await upload("1", ann), await upload("2", ann)];
    expect(isThere(first, ann)).toBe(true); // a use
    await new Promise((resolve) => setTimeout(resolve, 2));
    expect(isThere(first, ann)).toBe(true);
    const third = await upload("3", ann);
    expect([first, second, third].map((id) => isThere(id, ann))).toEqual([true, false, true]);
    expect(isThere(other, bob)).toBe(true);
  });

  test("an upload that a build uses stays, and the new one is refused and leaves nothing", async () => {
    await open({ "principal-upload-bytes": 1500 });
    const used = uploads!.openUpload(await upload("used", ann), ann);
    for (const size of [1000, 200_000, 2000]) {
      expect(await refusalOf(upload("new", ann, size))).toMatchObject({
        code: Code.ResourceExhausted,
        reason: "QUOTA_EXCEEDED",
        metadata: {
          quota: "principal-upload-bytes",
          limit: "1500",
          used: "1000",
          requested: String(size),
        },
        quota: { subject: "token:ann" },
      });
    }
    expect(await blobs()).toHaveLength(1);
    const file = await used.source.open("f");
    expect(await file.read(Buffer.alloc(2000))).toBe(1000);
    await file.close();
    used.release();
    await upload("new", ann);
  });

  test("a finished upload waits for its build, and the refusal says how long", async () => {
    await open({ "principal-upload-bytes": 1500 }, { graceMs: 60_000 });
    const waiting = await upload("waiting", ann);
    const { retryAfterMs } = await refusalOf(upload("new", ann));
    expect(retryAfterMs).toBeGreaterThan(50_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
    expect(isThere(waiting, ann)).toBe(true);
    await uploads!.delete(waiting, ann);
    await upload("new", ann);
  });

  test("a refusal that waiting does not change says nothing of a time", async () => {
    await open({ "principal-upload-bytes": 1500, "principal-open-uploads": 1 }, { graceMs: 60_000 });
    await upload("waiting", ann);
    expect((await refusalOf(upload("larger", ann, 2000))).retryAfterMs).toBeUndefined();
    uploads!.create("tar", "", ann);
    expect((await refusalOf(upload("another", ann, 100))).retryAfterMs).toBeUndefined();
  });

  test("one content counts once, however many uploads have it", async () => {
    await open({ "principal-upload-bytes": 1500 });
    const ids = [];
    for (let sent = 0; sent < 5; sent += 1) ids.push(await upload("same", ann));
    expect(ids.map((id) => isThere(id, ann))).toEqual(ids.map(() => true));
  });

  test("a manifest is refused before its contents are sent", async () => {
    await open({ "principal-upload-bytes": 1500 });
    const entry = (path: string, text: string) =>
      create(ManifestEntrySchema, {
        path,
        type: EntryType.FILE,
        digest: digestOf(Buffer.from(text)),
        sizeBytes: BigInt(text.length),
      });
    const { id } = uploads!.create("manifest", "", ann);
    const entries = [entry("a", "a".repeat(1000)), entry("b", "b".repeat(1000))];
    expect(await refusalOf(uploads!.addToManifest(id, entries, [], ann))).toMatchObject({
      reason: "QUOTA_EXCEEDED",
    });
    // The refused upload holds nothing any more.
    const next = uploads!.create("manifest", "", ann);
    await uploads!.addToManifest(next.id, entries.slice(1), [], ann);
    const data = Buffer.from("b".repeat(1000));
    const blob = create(BlobSchema, { digest: digestOf(data), sizeBytes: 1000n, data });
    await uploads!.addToManifest(next.id, [], [blob], ann);
    expect(await uploads!.finish(next.id, ann)).toMatchObject({ finished: true, size: 1000 });
  });

  test("when all principals together are at the limit, the least recently used upload of anyone goes", async () => {
    await open({ "upload-bytes": 2500 });
    const [first, second] = [await upload("1", ann), await upload("2", bob)];
    await upload("3", localPrincipal);
    expect([isThere(first, ann), isThere(second, bob)]).toEqual([false, true]);
    const inUse = uploads!.openUpload(second, bob);
    const mine = uploads!.openUpload(await upload("4", ann), ann);
    const refusal = await refusalOf(upload("5", ann));
    expect(refusal).toMatchObject({ metadata: { quota: "upload-bytes", limit: "2500", used: "1000" } });
    expect(JSON.stringify(refusal)).not.toMatch(/bob|2000/);
    inUse.release();
    mine.release();
  });

  test("a failed upload gives everything back", async () => {
    await open({ "principal-upload-bytes": 200_500 });
    const tar = await makeTar([{ name: "f", content: "x".repeat(200_000) }]);
    for (let sent = 0; sent < 3; sent += 1) {
      const half = inChunks(tar.subarray(0, 150_000));
      expect(await refusalOf(uploads!.receiveTar(half, () => "", ann, never))).toMatchObject({
        reason: "UPLOAD_TRUNCATED",
      });
    }
    await upload("whole", ann, 200_000);
  });

  test("content that no upload uses is kept up to the size of the cache", async () => {
    await open({ "upload-cache": 1500 });
    for (const text of ["1", "2", "3"]) await uploads!.delete(await upload(text, ann), ann);
    await uploads!.close();
    expect(await blobs()).toHaveLength(1);
  });
});

describe("number and memory", () => {
  test("finished uploads make room for others, the least recently used first", async () => {
    await open({ "principal-uploads": 2 });
    const ids = [await upload("1", ann), await upload("2", ann), await upload("3", ann)];
    expect(ids.map((id) => isThere(id, ann))).toEqual([false, true, true]);
  });

  test("so do the entries in memory", async () => {
    await open({ "principal-upload-memory": 1700 });
    const ids = [await upload("1", ann), await upload("2", ann), await upload("3", ann)];
    expect(ids.map((id) => isThere(id, ann))).toEqual([false, true, true]);
    const tar = await makeTar(Array.from({ length: 9 }, (_, at) => ({ name: `f${at}`, content: "" })));
    expect(await refusalOf(uploads!.receiveTar(inChunks(tar), () => "", ann, never))).toMatchObject({
      reason: "QUOTA_EXCEEDED",
      metadata: { quota: "principal-upload-memory" },
    });
  });

  test("unfinished uploads of one principal are limited, also while they stream", async () => {
    await open({ "principal-open-uploads": 2 });
    const first = uploads!.create("tar", "", ann);
    const source = {
      async *[Symbol.asyncIterator]() {
        yield (await makeTar([{ name: "f", content: "x" }])).subarray(0, 600);
        await new Promise(() => {});
      },
    };
    const stop = new AbortController();
    const streaming = uploads!.receiveTar(source, () => "", ann, stop.signal);
    expect(await refusalOf(upload("3", ann))).toMatchObject({
      reason: "QUOTA_EXCEEDED",
      metadata: { quota: "principal-open-uploads", limit: "2", used: "2" },
    });
    await upload("of bob", bob);
    stop.abort(new Error("left"));
    await expect(streaming).rejects.toThrow("left");
    await upload("3", ann);
    await uploads!.delete(first.id, ann);
    uploads!.create("manifest", "", ann);
    uploads!.create("manifest", "", ann);
    expect(await refusalOf(Promise.resolve().then(() => uploads!.create("tar", "", ann)))).toMatchObject({
      reason: "QUOTA_EXCEEDED",
    });
  });

  test("the local user has no share of its own", async () => {
    await open({ "principal-uploads": 1, "principal-open-uploads": 1, "principal-upload-bytes": 1 });
    const ids = [await upload("1", localPrincipal), await upload("2", localPrincipal)];
    expect(ids.map((id) => isThere(id, localPrincipal))).toEqual([true, true]);
    expect(uploads!.storageLimitOf(localPrincipal)).toBeGreaterThan(1);
    expect(uploads!.storageLimitOf(ann)).toBe(1);
  });
});
