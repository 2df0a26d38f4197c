import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { open } from "lmdb";
import { beforeEach, expect, it } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { BuilderRecordSchema } from "../../gen/slipway/state/v1/builder_record_pb.js";
import { BuildSchema } from "../../gen/slipway/v1/build_pb.js";
import { Store } from "./store.js";

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-store-"));
  store = new Store(folder);
  return async () => {
    await store.close();
    await rm(folder, { recursive: true });
  };
});

it("stores a build and its request id, or neither", async () => {
  const build = create(BuildSchema, { id: "b1", displayName: "first" });
  await store.builds.add(build, { request: { id: "request", digest: "d" } });
  expect(store.builds.ofRequest("request")).toEqual({ build: "b1", digest: "d" });
  expect(store.builds.get("b1")).toMatchObject({ displayName: "first" });

  const error = await store.builds
    .add({ ...build, id: "b2" }, { request: { id: "k".repeat(3000), digest: "d" } })
    .catch(readTypedError);
  expect(error).toMatchObject({ reason: "STATE_NOT_STORED", message: expect.stringContaining("Key size") });
  expect(store.builds.get("b2")).toBeUndefined();
  expect([...store.builds.list()].map(({ id }) => id)).toEqual(["b1"]);
  expect(store.builds.newest()).toBe("b1");
});

it("keeps the id of the host, and removes a build with its request", async () => {
  const id = await store.hostId();
  expect(await store.hostId()).toBe(id);
  await store.builds.add(create(BuildSchema, { id: "b1" }), { request: { id: "request", digest: "d" } });
  await store.builds.remove("b1");
  expect([store.builds.get("b1"), store.builds.ofRequest("request")]).toEqual([undefined, undefined]);
});

it("replaces only the revision of a builder that the caller has read", async () => {
  const builder = create(BuilderRecordSchema, { name: "b", driver: "first" });
  expect(store.builders.revisionOf("b")).toBeUndefined();
  await store.builders.put(builder, "sealed");
  const revision = store.builders.revisionOf("b")!;
  // Also when the other change is written in the same transaction.
  const [replaced, again] = await Promise.all([
    store.builders.replace(revision, { ...builder, driver: "second" }, "sealed"),
    store.builders.replace(revision, { ...builder, driver: "third" }, "other"),
  ]);
  expect([replaced, again]).toEqual([true, false]);
  expect([store.builders.get("b")?.driver, store.builders.sealedOf("b")]).toEqual(["second", "sealed"]);

  const second = store.builders.revisionOf("b")!;
  await store.builders.put({ ...builder, driver: "second" }, "sealed anew");
  expect(await store.builders.replace(second, builder)).toBe(false);
  await store.builders.remove("b");
  expect(await store.builders.replace(store.builders.revisionOf("b") ?? second, builder)).toBe(false);
  expect(store.builders.get("b")).toBeUndefined();
});

it("keeps a builder's encrypted values with it, and forgets them with it", async () => {
  const builder = create(BuilderRecordSchema, { name: "b" });
  await store.builders.put(builder, "sealed");
  expect(store.builders.sealedOf("b")).toBe("sealed");
  await store.builders.put(builder);
  expect(store.builders.sealedOf("b")).toBeUndefined();
  await store.builders.put(builder, "sealed");
  await store.builders.remove("b");
  expect([store.builders.get("b"), store.builders.sealedOf("b")]).toEqual([undefined, undefined]);
});

it("leaves no former value in its file once it is compacted, and keeps everything else", async () => {
  const fileHas = async (text: string) => (await readFile(join(folder, "data.mdb"))).includes(text);
  for (let i = 0; i < 20; i++)
    await store.builders.put(create(BuilderRecordSchema, { name: `b${i}`, origin: `secret-${i}` }));
  for (let i = 0; i < 20; i++) await store.builders.put(create(BuilderRecordSchema, { name: `b${i}` }));
  // Without this, the test would prove nothing.
  expect(await fileHas("secret-")).toBe(true);
  await store.compactIfPlanned();
  expect(await fileHas("secret-")).toBe(true);
  await store.planCompaction();
  await store.compactIfPlanned();
  expect(await fileHas("secret-")).toBe(false);
  expect(store.builders.all()).toHaveLength(20);
  expect((await readdir(folder)).sort()).toEqual(["data.mdb", "lock.mdb"]);
  await store.builders.put(create(BuilderRecordSchema, { name: "after" }));
  await store.close();
  store = new Store(folder);
  expect(store.builders.get("after")).toMatchObject({ name: "after" });
});

it.each([
  ["that is no database", (file: string) => writeFile(file, "x".repeat(20_000)), "is not an LMDB file"],
  ["that is shorter than its header", (file: string) => truncate(file, 100), "is not an LMDB file"],
  ["that was cut off", (file: string) => truncate(file, 40_960), "was cut off"],
])("refuses a file %s", async (_, damage, why) => {
  for (let i = 0; i < 30; i++)
    await store.builders.put(create(BuilderRecordSchema, { name: `b${i}`, origin: "x".repeat(10_000) }));
  await store.close();
  await damage(join(folder, "data.mdb"));
  let error: unknown;
  try {
    new Store(folder);
  } catch (cause) {
    error = cause;
  }
  expect(readTypedError(error)).toMatchObject({
    reason: "STATE_CORRUPT",
    message: expect.stringContaining(why),
  });
  store = new Store(join(folder, "other"));
});

it("opens an empty file, which a host leaves that was killed while it created one", async () => {
  await store.close();
  await truncate(join(folder, "data.mdb"), 0);
  store = new Store(folder);
  await store.builders.put(create(BuilderRecordSchema, { name: "b" }));
  expect(store.builders.get("b")).toMatchObject({ name: "b" });
});

it.each([undefined, "0"])(
  "refuses a database with records of the format %s, and leaves it as it is",
  async (format) => {
    const other = join(folder, "other");
    const root = open({ path: other, maxDbs: 16, encoding: "binary" });
    const settings = root.openDB<string, string>({ name: "settings", encoding: "string" });
    if (format) await settings.put("format", format);
    await root.openDB({ name: "builders", encoding: "binary" }).put("b", Buffer.from("a former record"));
    await root.close();
    const opened = () => new Store(other);
    expect(opened).toThrow(/of Slipway reads the format 1 only/);
    // It is closed, and has the same content, so the second time is as the first.
    expect(opened).toThrow(format ? /has the format 0/ : /has no format/);
  },
);
