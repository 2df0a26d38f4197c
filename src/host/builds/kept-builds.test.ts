import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import { BuildSchema } from "../../gen/slipway/v1/build_pb.js";
import { limitsWith } from "../quotas/limits.js";
import { Store } from "../store/store.js";
import { newBuildId } from "./build-id.js";
import { KeptBuilds } from "./kept-builds.js";

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-kept-"));
  store = new Store(folder);
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const mebibyte = 2 ** 20;
let last = 0;

/** Stores builds of a principal, the oldest first, each with events of this size. */
async function add(
  owner: string,
  count: number,
  { bytes = 0, state = BuildState.SUCCEEDED, endMs = 0, startMs = last + 1 } = {},
) {
  for (let at = 0; at < count; at += 1) {
    const id = newBuildId("", startMs + at);
    const build = create(BuildSchema, { id, owner, state: BuildState.PENDING });
    await store.builds.add(build);
    if (state === BuildState.RUNNING) continue;
    const events = bytes > 0 ? [{ sequence: 1, bytes: new Uint8Array(bytes) }] : [];
    await store.builds.end({ ...build, state, endTime: timestampFromMs(endMs) }, events, bytes);
  }
  last = Math.max(last, startMs + count);
}

/** How many builds each principal has. */
function kept() {
  const counts: Record<string, number> = {};
  for (const { owner } of store.builds.list()) counts[owner] = (counts[owner] ?? 0) + 1;
  return counts;
}

it("the builds of one principal do not remove those of others", async () => {
  await add("token:admin", 1);
  await add("local", 1);
  await add("token:builder", 25);
  await new KeptBuilds(store, limitsWith({ "kept-builds": 20 })).prune();
  expect(kept()).toEqual({ "token:admin": 1, local: 1, "token:builder": 18 });
});

it("a principal keeps its newest builds up to its share; the local user has none", async () => {
  await add("token:ann", 3);
  const newest = [...store.builds.list()].slice(0, 2).map(({ id }) => id);
  await add("local", 5);
  await add("token:bob", 2);
  await new KeptBuilds(store, limitsWith({ "principal-kept-builds": 2 })).prune();
  expect(kept()).toEqual({ "token:ann": 2, local: 5, "token:bob": 2 });
  expect(
    [...store.builds.list({ viewer: { owner: "token:ann", projects: [] } })].map(({ id }) => id),
  ).toEqual(newest);
});

it("a principal keeps events up to its share", async () => {
  await add("token:ann", 1, { bytes: mebibyte });
  await add("local", 4, { bytes: mebibyte });
  await add("token:bob", 4, { bytes: mebibyte });
  await new KeptBuilds(store, limitsWith({ "principal-kept-log": 2.5 * mebibyte })).prune();
  expect(kept()).toEqual({ "token:ann": 1, local: 4, "token:bob": 2 });
});

it("above the limit of all events, the principal with the most makes room", async () => {
  await add("token:ann", 1, { bytes: mebibyte });
  await add("token:bob", 8, { bytes: mebibyte });
  const kept6 = new KeptBuilds(store, limitsWith({ "kept-log": 6 * mebibyte }));
  await Promise.all([kept6.prune(), kept6.prune()]);
  expect(kept()).toEqual({ "token:ann": 1, "token:bob": 5 });
  expect(store.builds.totals().get("token:bob")).toEqual({ builds: 5, bytes: 5 * mebibyte });
});

it("running builds stay", async () => {
  await add("token:ann", 4, { state: BuildState.RUNNING });
  await add("token:ann", 1);
  await new KeptBuilds(store, limitsWith({ "principal-kept-builds": 1, "kept-builds": 1 })).prune();
  expect(kept()).toEqual({ "token:ann": 5 });
});

it("builds are removed some time after their end", async () => {
  await add("local", 1, { startMs: 1000, endMs: 9000 });
  await add("local", 1, { startMs: 2000, endMs: 3000 });
  await add("token:ann", 1, { startMs: 2500, endMs: 6000 });
  const keptBuilds = new KeptBuilds(store, limitsWith({ "kept-age": 5000 }));
  await keptBuilds.prune(8000);
  expect(kept()).toEqual({ local: 2, "token:ann": 1 });
  await keptBuilds.prune(9000);
  expect(kept()).toEqual({ local: 1, "token:ann": 1 });
  await keptBuilds.prune(20_000);
  expect(kept()).toEqual({});
});

it("reads no build when there is nothing to remove, and only as many as it removes", async () => {
  await Promise.all(
    Array.from({ length: 20 }, (_, n) => add(`token:${n % 3}`, 50, { startMs: 1000 * n + 1 })),
  );
  const get = vi.spyOn(store.builds, "get");
  const limit = (most: number) =>
    new KeptBuilds(store, limitsWith({ "kept-builds": most, "principal-kept-builds": most })).prune();
  await limit(1000);
  expect(get).toHaveBeenCalledTimes(0);
  await limit(990);
  expect(get).toHaveBeenCalledTimes(10);
  expect([...store.builds.totals().values()].reduce((sum, { builds }) => sum + builds, 0)).toBe(990);
});

it("32 builds that end at once cause no warning of too many listeners", async () => {
  const warnings: string[] = [];
  const warn = ({ message }: Error) => warnings.push(message);
  process.on("warning", warn);
  onTestFinished(() => void process.off("warning", warn));
  await add("local", 40);
  const builds = new KeptBuilds(store, limitsWith({ "kept-builds": 5 }));
  await Promise.all(Array.from({ length: 32 }, () => builds.prune()));
  expect(kept()).toEqual({ local: 5 });
  // Warnings are emitted in the next tick.
  await new Promise(setImmediate);
  expect(warnings).toEqual([]);
});

it("removes no build because the clock was set", async () => {
  const endMs = Date.now();
  await add("local", 1, { endMs, startMs: endMs });
  const keptBuilds = new KeptBuilds(store, limitsWith({ "kept-age": 60_000 }));
  vi.useFakeTimers({ toFake: ["Date"], now: endMs + 86_400_000 });
  onTestFinished(() => void vi.useRealTimers());
  await keptBuilds.prune();
  expect(kept()).toEqual({ local: 1 });
});
