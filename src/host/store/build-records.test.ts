import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { beforeEach, expect, it, vi } from "vitest";
import { RestartRecordSchema } from "../../gen/slipway/state/v1/restart_record_pb.js";
import { BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import { BuildSchema } from "../../gen/slipway/v1/build_pb.js";
import type { BuildFilter } from "./build-index.js";
import { Store } from "./store.js";

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-records-"));
  store = new Store(folder);
  return async () => {
    await store.close();
    await rm(folder, { recursive: true });
  };
});

const { PENDING, RUNNING, SUCCEEDED, FAILED } = BuildState;

/** Stores a build, and its end unless it runs. */
async function add(id: string, owner: string, builder: string, state: BuildState) {
  const build = create(BuildSchema, { id, owner, builder, state: PENDING, refs: [id] });
  await store.builds.add(build);
  if (state !== PENDING) await store.builds.end({ ...build, state }, [], 10);
}

const ids = (filter?: BuildFilter, before?: string) =>
  [...store.builds.list(filter, before)].map(({ id }) => id).join(" ");

it("finds builds by owner, state and builder, newest first", async () => {
  await add("1", "ann", "x", SUCCEEDED);
  await add("2", "bob", "x", FAILED);
  await add("3", "ann", "y", FAILED);
  await add("4", "ann", "x", SUCCEEDED);
  await add("5", "bob", "y", PENDING);
  expect(ids()).toBe("5 4 3 2 1");
  expect(ids({}, "4")).toBe("3 2 1");
  expect(ids({ viewer: { owner: "ann", projects: [] } })).toBe("4 3 1");
  expect(ids({ viewer: { owner: "an", projects: [] } })).toBe("");
  expect(ids({ viewer: { owner: "bob", projects: [] }, states: [FAILED] })).toBe("2");
  expect(ids({ states: [SUCCEEDED, PENDING] })).toBe("5 4 1");
  expect(ids({ states: [RUNNING] })).toBe("");
  expect(ids({ builder: "x" }, "4")).toBe("2 1");
  expect(ids({ viewer: { owner: "ann", projects: [] }, states: [SUCCEEDED], builder: "x" })).toBe("4 1");
});

it("reads only the builds of the page", async () => {
  for (let id = 100; id < 300; id++) await add(String(id), `p${id % 5}`, "b", id % 20 ? SUCCEEDED : FAILED);
  const get = vi.spyOn(store.builds, "get");
  const failed = store.builds.list({ states: [FAILED] }, "250");
  expect([failed.next().value?.id, failed.next().value?.id]).toEqual(["240", "220"]);
  failed.return(undefined);
  expect(get).toHaveBeenCalledTimes(2);
});

it("counts what is kept of each principal, also when an end is stored twice", async () => {
  await add("1", "ann", "x", SUCCEEDED);
  await add("2", "ann", "x", FAILED);
  await add("3", "bob", "x", PENDING);
  const build = store.builds.get("2")!;
  await store.builds.end({ ...build, endTime: timestampFromMs(7) }, [], 25);
  expect([...store.builds.totals()]).toEqual([["ann", { builds: 2, bytes: 35 }]]);
  expect([...store.builds.oldest("ann")]).toEqual([
    ["1", { bytes: 10, endMs: 0 }],
    ["2", { bytes: 25, endMs: 7 }],
  ]);
  for (const id of ["1", "2", "3"]) await store.builds.remove(id);
  expect([ids(), store.builds.totals().size]).toEqual(["", 0]);
});

it("keeps what the next host needs until the build has ended, or is removed", async () => {
  const record = create(RestartRecordSchema, { obstacle: "none", bake: "k" });
  for (const id of ["1", "2"])
    await store.builds.add(create(BuildSchema, { id, state: PENDING }), { restart: record });
  await store.builds.put(create(BuildSchema, { id: "1", state: RUNNING }));
  expect(store.builds.restartOf("1")).toEqual(record);
  await store.builds.end(create(BuildSchema, { id: "1", state: FAILED }), [], 0);
  await store.builds.remove("2");
  expect([store.builds.restartOf("1"), store.builds.restartOf("2")]).toEqual([undefined, undefined]);
});

it("keeps why no later host runs a build, until that has ended", async () => {
  const record = create(RestartRecordSchema, { spec: { tags: ["a"] }, bake: "k" });
  await store.builds.add(create(BuildSchema, { id: "1", state: RUNNING }), { restart: record });
  await store.builds.preventRestart("1", "It was cancelled.");
  expect(store.builds.restartOf("1")).toEqual(
    create(RestartRecordSchema, { obstacle: "It was cancelled.", bake: "k" }),
  );
  await store.builds.end(create(BuildSchema, { id: "1", state: FAILED }), [], 0);
  await store.builds.preventRestart("1", "It was cancelled.");
  expect(store.builds.restartOf("1")).toBeUndefined();
});

it("finds a build by its references on several nodes, until it is removed", async () => {
  const build = create(BuildSchema, { id: "1", refs: ["1", "r"], state: RUNNING });
  await store.builds.add(build);
  await store.builds.put(build);
  expect([store.builds.ofReference("1")?.id, store.builds.ofReference("r")?.id]).toEqual(["1", "1"]);
  await store.builds.remove("1");
  expect([store.builds.ofReference("1"), store.builds.ofReference("r")]).toEqual([undefined, undefined]);
});
