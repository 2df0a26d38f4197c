import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { afterAll, beforeAll, expect, it } from "vitest";
import { typedError } from "../../errors/typed-error.js";
import { BuildResultSchema } from "../../gen/slipway/build/v1/build_result_pb.js";
import { BuildSpecSchema } from "../../gen/slipway/build/v1/build_spec_pb.js";
import { BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import { BuildSchema } from "../../gen/slipway/v1/build_pb.js";
import { keptLog } from "../base/kept-log.test-helper.js";
import { limitsWith } from "../quotas/limits.js";
import { Store } from "../store/store.js";
import type { Execution } from "./execution.js";
import type { Inputs } from "./inputs/inputs.js";
import type { Layouts } from "./layouts.js";
import { Place } from "./queue/place.js";
import { type BuildParts, RunningBuild, type RunningBuildOptions } from "./running-build.js";
import { UnstoredEnds } from "./unstored-ends.js";

let folder: string;
let store: Store;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-running-"));
  store = new Store(folder);
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const parts = ["inputs", "layouts", "execution"];
const combinations = Array.from({ length: 2 ** parts.length }, (_, bits) =>
  parts.filter((_part, at) => bits & (1 << at)),
);
/** What a build with this execution works with. */
function partsOf(execution: Execution, close: (part: string) => void = () => {}) {
  return {
    inputs: { release: () => close("inputs") } as Inputs,
    layouts: { close: async () => close("layouts") } as unknown as Layouts,
    configs: [],
    credentials: [],
    warnings: [],
    execute: () => execution,
    requireSameBuilder: async () => {},
  } as unknown as BuildParts;
}

const cases = combinations.flatMap((broken) =>
  (["succeeds", "is cancelled"] as const).map((how) => ({ how, broken })),
);

it.each(cases)("a build that $how ends once when $broken cannot be closed", async ({ how, broken }) => {
  const closed: string[] = [];
  const close = (part: string) => {
    closed.push(part);
    if (broken.includes(part)) throw new Error(`${part} cannot be closed`);
  };
  const execution: Execution = {
    prepare: async () => {},
    rest: async () => {},
    run: async (_onStart, signal) => {
      signal.throwIfAborted();
      return create(BuildResultSchema);
    },
    close: async () => close("execution"),
  };
  const id = `${how} ${broken.join("+")}`;
  const build = create(BuildSchema, { id, state: BuildState.PENDING, owner: "local" });
  await store.builds.add(build, undefined);
  const { log, lines } = keptLog();
  const running = new RunningBuild({
    build,
    spec: create(BuildSpecSchema),
    parts: partsOf(execution, close),
    obstacle: "",
    store,
    log,
    limits: limitsWith(),
    timeLimits: { queueMs: 60_000, runMs: 60_000 },
  } as unknown as RunningBuildOptions);
  const ends = new UnstoredEnds(log);
  if (how === "is cancelled") running.cancel("The build was cancelled.");
  await running.run({ onClosed: () => {}, onEnded: () => ends.add(running) });
  await running.done;

  expect(closed).toEqual(parts);
  const state = how === "succeeds" ? BuildState.SUCCEEDED : BuildState.CANCELED;
  expect(store.builds.get(id)?.state).toBe(state);
  const events: (string | undefined)[] = [];
  for await (const { event } of running.events.watch(1, new AbortController().signal))
    events.push(event.case);
  expect(events).toEqual(["accepted", "finished"]);
  expect(lines.length).toBe(broken.length > 0 ? 1 : 0);
});

/** A build that waits in the queue, or waited with an earlier host. */
async function waiting(id: string, more: Partial<RunningBuildOptions>) {
  const build = create(BuildSchema, { id, state: BuildState.QUEUED, owner: "local", attempt: 1 });
  const closed: string[] = [];
  const execution: Execution = {
    prepare: async () => {},
    rest: async () => {},
    run: async () => create(BuildResultSchema),
    close: async () => void closed.push("execution"),
  };
  const parts = partsOf(execution, (part) => closed.push(part));
  const { log } = keptLog();
  const running = new RunningBuild({
    build,
    spec: create(BuildSpecSchema),
    parts,
    obstacle: "",
    store,
    log,
    limits: limitsWith(),
    timeLimits: { queueMs: 60_000, runMs: 60_000 },
    ...more,
  } as unknown as RunningBuildOptions);
  await store.builds.add(running.snapshot());
  const place = new Place(1, () => {});
  running.enter(place);
  const ends = new UnstoredEnds(log);
  const done = running.run({ onClosed: () => {}, onEnded: () => ends.add(running) });
  return { running, place, parts, closed, done };
}

const never = new AbortController().signal;
async function casesOf(running: RunningBuild, from = 1): Promise<(string | undefined)[]> {
  const cases: (string | undefined)[] = [];
  for await (const { event } of running.events.watch(from, never)) cases.push(event.case);
  return cases;
}

it("a build that waits is left to the next host with its uploads, and one that has a place is not", async () => {
  const { running, closed, done } = await waiting("left", {});
  running.suspend();
  running.cancel("The build was cancelled.");
  await done;
  expect(closed).toEqual(["layouts", "execution"]);
  expect(store.builds.get("left")?.state).toBe(BuildState.QUEUED);
  expect(store.builds.lastSequence("left")).toBe(1);
  await expect(casesOf(running)).rejects.toMatchObject({
    rawMessage: expect.stringMatching(/waits for the next one/),
  });

  const other = await waiting("goes-on", {});
  other.place.assign();
  other.running.suspend();
  await other.done;
  expect(store.builds.get("goes-on")?.state).toBe(BuildState.SUCCEEDED);
});

/** The execution of a build that runs until it is aborted, or until it is told to end. */
function endless() {
  let end = () => {};
  const execution: Execution = {
    prepare: async () => {},
    rest: async () => {},
    run: (_onStart, signal) =>
      new Promise((resolve, reject) => {
        end = () => resolve(create(BuildResultSchema));
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
    close: async () => {},
  };
  return { parts: partsOf(execution), end: () => end() };
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 10));

it("a build that is handed over while it runs waits for the next host", async () => {
  const { running, place, done } = await waiting("over", { parts: endless().parts });
  place.assign();
  await pause();
  running.handOver();
  await done;
  expect(store.builds.get("over")).toMatchObject({ state: BuildState.QUEUED, attempt: 2 });
  const { events } = running;
  await expect(casesOf(running)).rejects.toMatchObject({ code: Code.Unavailable });
  const last = store.builds.event("over", events.last)?.event;
  expect(last).toMatchObject({
    case: "restarted",
    value: { attempt: 2, reason: "HOST_STOPPED", message: "The host was stopped while the build ran." },
  });
});

it("a build that cannot be handed over ends with its host, and says why; one that has just ended is stored", async () => {
  const stream = { type: "tar", destination: { case: "stream" as const, value: {} } };
  for (const [id, more, why] of [
    ["held", { obstacle: "It is held." }, "It is held."],
    ["read", { spec: create(BuildSpecSchema, { outputs: [stream] }) }, "a client was reading its output"],
  ] as const) {
    const { running, place, done } = await waiting(id, { parts: endless().parts, ...more });
    place.assign();
    await pause();
    running.handOver();
    await done;
    expect(store.builds.get(id)?.error).toMatchObject({
      reason: "HOST_STOPPED",
      message: expect.stringContaining(why),
    });
  }
  const { parts, end } = endless();
  const { running, place, done } = await waiting("ended", { parts });
  place.assign();
  await pause();
  end();
  running.handOver();
  await done;
  expect(store.builds.get("ended")?.state).toBe(BuildState.SUCCEEDED);
});

it("a build that the next host cannot run ends with its host, and says why", async () => {
  const { running, place, done } = await waiting("obstacle", { obstacle: "It has secrets." });
  running.suspend();
  place.refuse(new Error("refused"));
  await done;
  expect(store.builds.get("obstacle")?.error).toMatchObject({
    reason: "HOST_STOPPED",
    message: "The host ended while the build waited in the queue. It has secrets.",
  });
});

it.each([
  ["waited", true, ["assigned", "finished"]],
  ["ran", false, ["restarted", "finished"]],
])(
  "a build that %s with an earlier host opens what it needs when it has a place",
  async (id, waited, cases) => {
    let isOpen = false;
    let isReleased = false;
    const sample = await waiting(`sample-${id}`, {});
    sample.place.assign();
    await sample.done;
    const earlier = { last: 2, bytes: 10, waited };
    const { running, place, done } = await waiting(id, {
      earlier,
      parts: undefined,
      reopen: async () => {
        isOpen = true;
        return sample.parts;
      },
      releaseUploads: () => {
        isReleased = true;
      },
    });
    await new Promise(setImmediate);
    expect(isOpen).toBe(false);
    place.assign();
    await done;
    expect(isOpen && isReleased).toBe(true);
    expect(store.builds.get(id)).toMatchObject({ state: BuildState.SUCCEEDED, lastSequence: 4n });
    expect((await casesOf(running, 3)).filter((each) => each !== "queued")).toEqual(cases);
  },
);

it("a build that ran and cannot be started again ended with its host; one that waited has the error itself", async () => {
  const gone = new ConnectError("The folder is gone.", Code.NotFound);
  const lost = { parts: undefined, reopen: () => Promise.reject(gone) };
  for (const [id, waited] of [
    ["lost-ran", false],
    ["lost-waited", true],
  ] as const) {
    const { place, done } = await waiting(id, { ...lost, earlier: { last: 0, bytes: 0, waited } });
    place.assign();
    await done;
  }
  expect(store.builds.get("lost-ran")?.error).toMatchObject({
    reason: "HOST_STOPPED",
    message: expect.stringMatching(
      /^The host ended while the build ran\. It cannot be started again: .*gone/,
    ),
  });
  expect(store.builds.get("lost-waited")?.error).toMatchObject({ message: "The folder is gone." });
});

const loss = typedError({
  code: Code.Aborted,
  reason: "DRIVER_CRASHED",
  message: "BuildKit was lost during the build. Pod pool-0 was deleted.",
});

/** The parts of a build whose node is lost through no fault of the build. */
function losing(close: (part: string) => void): BuildParts {
  return partsOf(
    {
      prepare: async () => {},
      rest: async () => {},
      run: async (onStart) => {
        await onStart([], []);
        throw loss;
      },
      restartableLoss: loss,
      close: async () => close("execution"),
    },
    close,
  );
}

it("a build whose node is lost begins again on another one, once", async () => {
  const sample = await waiting("sample-loss", {});
  const closed: string[] = [];
  const first = losing((part) => closed.push(part));
  const { running, place, done } = await waiting("loss", {
    parts: first,
    reopen: async () => {
      expect(closed).toEqual([]);
      return sample.parts;
    },
  });
  place.assign();
  await done;
  expect(closed).toEqual(parts);
  expect(sample.closed).toEqual(parts);
  expect(store.builds.get("loss")).toMatchObject({ state: BuildState.SUCCEEDED, attempt: 2 });
  expect(await casesOf(running)).toEqual(["accepted", "restarted", "finished"]);
  for await (const { event } of running.events.watch(1, never))
    if (event.case === "restarted")
      expect(event.value).toMatchObject({ attempt: 2, reason: "DRIVER_CRASHED" });
});

it.each<[string, Partial<RunningBuildOptions>]>([
  ["is lost a second time", { reopen: async () => losing(() => {}) }],
  ["cannot be opened again", { reopen: () => Promise.reject(new Error("The folder is gone.")) }],
  [
    "streams an output",
    { spec: create(BuildSpecSchema, { outputs: [{ destination: { case: "stream", value: {} } }] }) },
  ],
  ["is held for its client", { hold: {} as RunningBuildOptions["hold"] }],
])("a build whose node is lost ends with the loss if it %s", async (id, more) => {
  const { place, done } = await waiting(`lost, ${id}`, { parts: losing(() => {}), ...more });
  place.assign();
  await done;
  const attempt = id === "is lost a second time" ? 2 : 1;
  const error = { reason: "DRIVER_CRASHED", message: loss.rawMessage };
  expect(store.builds.get(`lost, ${id}`)).toMatchObject({ state: BuildState.FAILED, attempt, error });
});
