import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { BuildEventSchema, BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import { BuildSchema } from "../../gen/slipway/v1/build_pb.js";
import { keptLog } from "../base/kept-log.test-helper.js";
import { limitsWith } from "../quotas/limits.js";
import { Store } from "../store/store.js";
import { abandonedBuild } from "./abandoned-build.js";
import { UnstoredEnds } from "./unstored-ends.js";

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-ends-"));
  store = new Store(folder);
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const never = new AbortController().signal;

/** A build that an earlier host left running, with one event. */
async function leaveRunning(id: string) {
  const build = create(BuildSchema, { id, state: BuildState.RUNNING });
  await store.builds.add(build, undefined);
  const event = create(BuildEventSchema, { sequence: 1n, event: { case: "accepted", value: {} } });
  await store.builds.putEvents(id, [{ sequence: 1, bytes: toBinary(BuildEventSchema, event) }]);
  return build;
}

it("stores the end of an abandoned build", async () => {
  const ends = new UnstoredEnds(keptLog().log);
  await ends.add(await abandonedBuild(store, await leaveRunning("b"), limitsWith()));
  expect(ends.get("b")).toBeUndefined();
  expect(store.builds.get("b")).toMatchObject({
    state: BuildState.FAILED,
    error: { reason: "HOST_STOPPED" },
    lastSequence: 2n,
  });
  expect(store.builds.event("b", 2)?.event).toMatchObject({ case: "finished" });
});

it("shows an end that cannot be stored from memory, and stores it later", async () => {
  const { log, lines } = keptLog();
  const ends = new UnstoredEnds(log);
  const running = await leaveRunning("b");
  // A disk with too little space.
  const full = vi.spyOn(store.builds, "end").mockRejectedValue(new Error("no space"));
  await ends.add(await abandonedBuild(store, running, limitsWith()));
  expect(lines).toMatchObject([{ level: "warn", build: "b" }]);
  expect(ends.get("b")?.snapshot()).toMatchObject({ state: BuildState.FAILED, lastSequence: 2n });
  const events: unknown[] = [];
  for await (const { event } of ends.get("b")!.events.watch(0, never)) events.push(event.case);
  expect(events).toEqual(["accepted", "finished"]);
  await ends.retry();
  expect(store.builds.get("b")?.state).toBe(BuildState.RUNNING);
  full.mockRestore();
  await ends.close();
  expect(ends.get("b")).toBeUndefined();
  expect(store.builds.get("b")?.state).toBe(BuildState.FAILED);
  expect(store.builds.event("b", 2)?.event).toMatchObject({ case: "finished" });
});

it("stores the ends that it can, although another one cannot be stored", async () => {
  const ends = new UnstoredEnds(keptLog().log);
  const [odd, good] = [await leaveRunning("a"), await leaveRunning("b")];
  const end = store.builds.end.bind(store.builds);
  const full = vi.spyOn(store.builds, "end").mockRejectedValue(new Error("no space"));
  for (const build of [odd, good]) await ends.add(await abandonedBuild(store, build, limitsWith()));
  full.mockImplementation((build, ...rest) =>
    build.id === "a" ? Promise.reject(new Error("it cannot be written")) : end(build, ...rest),
  );
  await ends.close();
  expect([...ends.all()].map((build) => build.snapshot().id)).toEqual(["a"]);
  expect(store.builds.get("b")?.state).toBe(BuildState.FAILED);
});
