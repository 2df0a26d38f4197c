import { mkdtemp, readdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BlobClaims } from "./blob-claims.js";
import { type BlobCacheLimits, digestOf, UploadBlobs } from "./upload-blobs.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-blobs-"));
});
afterEach(() => rm(folder, { recursive: true }));

const open = (cache: Partial<BlobCacheLimits> = {}) =>
  UploadBlobs.open(folder, { bytes: 1e9, count: 1e6, ageMs: 1e9, ...cache });
const blobs = () => readdir(join(folder, "blobs", "sha256"));
const content = (text: string) => ({ digest: digestOf(Buffer.from(text)), data: Buffer.from(text) });
const [a, b, c] = [content("aaaa"), content("bbbb"), content("cccc")];
const hex = ({ digest }: { digest: string }) => digest.slice("sha256:".length);

test("content is stored once, by digest, for the host's user only", async () => {
  const store = await open();
  const claims = [new BlobClaims(store), new BlobClaims(store)];
  await Promise.all(claims.map((mine) => mine.put(a.digest, a.data)));
  expect(await blobs()).toEqual([hex(a)]);
  expect(await readdir(join(folder, "staging"))).toEqual([]);
  expect((await stat(store.path(a.digest))).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, "blobs"))).mode & 0o777).toBe(0o700);
  // Claimed by both: it stays until both have released it, also when the one that brought it takes it back.
  await claims[0]!.discard();
  await store.trim();
  expect(await blobs()).toEqual([hex(a)]);
  await claims[1]!.discard();
  claims[1]!.release();
});

test("what an upload that failed brought is gone, what was there before stays", async () => {
  const store = await open();
  const first = new BlobClaims(store);
  await first.put(a.digest, a.data);
  first.release();
  const failed = new BlobClaims(store);
  expect(failed.take(a.digest, 4)).toBe(true);
  await failed.put(b.digest, b.data);
  await failed.discard();
  expect(await blobs()).toEqual([hex(a)]);
});

test("the least recently used go first, and none that is claimed", async () => {
  const store = await open({ bytes: 8 });
  const used = new BlobClaims(store);
  for (const { digest, data } of [a, b, c]) await used.put(digest, data);
  await store.trim();
  expect(await blobs()).toHaveLength(3);
  used.release();
  const again = new BlobClaims(store);
  again.take(a.digest, 4);
  again.release();
  await store.trim();
  expect((await blobs()).sort()).toEqual([hex(a), hex(c)].sort());
  expect(store.idleBytes).toBe(8);
});

test.each<[string, Partial<BlobCacheLimits>]>([
  ["count", { count: 1 }],
  ["age", { ageMs: -1 }],
])("the cache is bounded by %s", async (_, limits) => {
  const store = await open(limits);
  const used = new BlobClaims(store);
  for (const { digest, data } of [a, b]) await used.put(digest, data);
  used.release();
  await store.trim();
  expect(await blobs()).toHaveLength(limits.count ?? 0);
});

test("after a restart the contents are there, what was half-written and what is no blob is gone", async () => {
  const store = await open();
  const claims = new BlobClaims(store);
  await claims.put(a.digest, a.data);
  const staged = await store.stage();
  await staged.append(b.data);
  await writeFile(join(folder, "blobs", "sha256", "stray"), "x");

  const next = await open();
  expect(await readdir(join(folder, "staging"))).toEqual([]);
  expect(await blobs()).toEqual([hex(a)]);
  expect(next.claim(a.digest, 4)).toBe(true);
  expect(next.claim(b.digest, 4)).toBe(false);
  await staged.discard();
});

test("a blob that lost its end in a crash is stored again", async () => {
  const before = new BlobClaims(await open());
  await before.put(a.digest, a.data);
  await truncate(join(folder, "blobs", "sha256", hex(a)), 2);
  const store = await open();
  const claims = new BlobClaims(store);
  expect(claims.take(a.digest, 4)).toBe(false);
  await claims.put(a.digest, a.data);
  expect((await stat(store.path(a.digest))).size).toBe(4);
});
