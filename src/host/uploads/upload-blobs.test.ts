import { mkdtemp, readdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { localPrincipal } from "../access/principal.js";
import { BlobClaims } from "./blob-claims.js";
import { quotasWith } from "./quotas.test-helper.js";
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

test("stores content once, by digest, readable by the host's user only", async () => {
  const store = await open();
  const claims = [
    new BlobClaims(store, quotasWith(), localPrincipal),
    new BlobClaims(store, quotasWith(), localPrincipal),
  ];
  await Promise.all(claims.map((mine) => mine.put(a.digest, a.data)));
  expect(await blobs()).toEqual([hex(a)]);
  expect(await readdir(join(folder, "staging"))).toEqual([]);
  expect((await stat(store.path(a.digest))).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, "blobs"))).mode & 0o777).toBe(0o700);
  // Both uploads claim it: it stays until both have released it, even if the one that added it discards it.
  await claims[0]!.discard();
  await store.trim();
  expect(await blobs()).toEqual([hex(a)]);
  await claims[1]!.discard();
  claims[1]!.release();
});

test("deletes what a failed upload added, and keeps what was stored before", async () => {
  const store = await open();
  const first = new BlobClaims(store, quotasWith(), localPrincipal);
  await first.put(a.digest, a.data);
  first.release();
  const failed = new BlobClaims(store, quotasWith(), localPrincipal);
  expect(failed.take(a.digest, 4)).toBe(true);
  await failed.put(b.digest, b.data);
  await failed.discard();
  expect(await blobs()).toEqual([hex(a)]);
});

test("deletes the least recently used blobs first, and never a claimed one", async () => {
  const store = await open({ bytes: 8 });
  const used = new BlobClaims(store, quotasWith(), localPrincipal);
  for (const { digest, data } of [a, b, c]) await used.put(digest, data);
  await store.trim();
  expect(await blobs()).toHaveLength(3);
  used.release();
  const again = new BlobClaims(store, quotasWith(), localPrincipal);
  again.take(a.digest, 4);
  again.release();
  await store.trim();
  expect((await blobs()).sort()).toEqual([hex(a), hex(c)].sort());
});

test.each<[string, Partial<BlobCacheLimits>]>([
  ["count", { count: 1 }],
  ["age", { ageMs: -1 }],
])("limits the cache by %s", async (_, limits) => {
  const store = await open(limits);
  const used = new BlobClaims(store, quotasWith(), localPrincipal);
  for (const { digest, data } of [a, b]) await used.put(digest, data);
  used.release();
  await store.trim();
  expect(await blobs()).toHaveLength(limits.count ?? 0);
});

test("a restart keeps the blobs and deletes incomplete and foreign files", async () => {
  const store = await open();
  const claims = new BlobClaims(store, quotasWith(), localPrincipal);
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

test("replaces a blob that was truncated by a crash", async () => {
  const before = new BlobClaims(await open(), quotasWith(), localPrincipal);
  await before.put(a.digest, a.data);
  await truncate(join(folder, "blobs", "sha256", hex(a)), 2);
  const store = await open();
  const claims = new BlobClaims(store, quotasWith(), localPrincipal);
  expect(claims.take(a.digest, 4)).toBe(false);
  await claims.put(a.digest, a.data);
  expect((await stat(store.path(a.digest))).size).toBe(4);
});
