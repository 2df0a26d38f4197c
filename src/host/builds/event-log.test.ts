import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Severity } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import { type BuildEvent, BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import { BuildSchema } from "../../gen/slipway/v1/build_pb.js";
import { localPrincipal, type Principal } from "../access/principal.js";
import { limitsWith } from "../quotas/limits.js";
import { Store } from "../store/store.js";
import { type EarlierEvents, type EventInit, EventLog } from "./event-log.js";
import { type LogRoom, RunningLogs } from "./running-logs.js";

let folder: string;
let store: Store;
let logs: EventLog[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-events-"));
  store = new Store(folder);
});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const log of logs) await log.end(build);
  logs = [];
  await store.close();
  await rm(folder, { recursive: true });
});

const build = create(BuildSchema, { id: "b" });
const never = new AbortController().signal;
const unexpected = (cause: unknown) => {
  throw cause;
};
function open(
  events: Store,
  onFailure: (cause: unknown) => void = unexpected,
  limits = limitsWith(),
  earlier?: EarlierEvents,
) {
  const log = new EventLog("b", { store: events, limits, onFailure, earlier });
  logs.push(log);
  return log;
}
const ready = (output: number) => ({ case: "outputReady", value: { output } }) as const;
const finished = { case: "finished", value: { state: BuildState.SUCCEEDED } } as const;

async function numbers(events: AsyncIterable<BuildEvent>): Promise<number[]> {
  const seen: number[] = [];
  for await (const event of events) seen.push(Number(event.sequence));
  return seen;
}

it("sends every event to early, late and partial watchers", async () => {
  const log = open(store);
  const early = numbers(log.watch(0, never));
  for (let i = 0; i < 1000; i++) await log.append(ready(i));
  const late = numbers(log.watch(990, never));
  await log.append(finished);
  expect(await early).toEqual(Array.from({ length: 1001 }, (_, i) => i + 1));
  expect(await late).toEqual([990, 991, 992, 993, 994, 995, 996, 997, 998, 999, 1000, 1001]);
});

it("stores the first event at once, the next ones together, and the last ones with the record of the build", async () => {
  const put = vi.spyOn(store.builds, "putEvents");
  const log = open(store);
  const warning = (message: string): EventInit => ({ case: "warning", value: { message } });
  for (let i = 0; i < 10; i++) await log.append(warning(`warning ${i}`));
  await expect.poll(() => store.builds.lastSequence("b")).toBe(10);
  const batches = () => put.mock.calls.map(([, events]) => events.map(({ sequence }) => sequence));
  expect(batches()).toEqual([[1], [2, 3, 4, 5, 6, 7, 8, 9, 10]]);
  await log.append(warning("the last one"));
  await log.append(finished);
  await log.end({ ...build, state: BuildState.SUCCEEDED });
  expect(batches().flat()).not.toContain(12);
  expect(store.builds.lastSequence("b")).toBe(12);
  expect(store.builds.get("b")).toMatchObject({ state: BuildState.SUCCEEDED });
  expect(store.builds.totals().get("")).toEqual({ builds: 1, bytes: store.builds.eventBytesOf("b") });
});

it("keeps events in the store", async () => {
  const log = open(store);
  await log.append(ready(7));
  await log.append(finished);
  await log.end(build);
  expect(store.builds.lastSequence("b")).toBe(2);
  expect(store.builds.event("b", 1)?.event).toMatchObject({ case: "outputReady", value: { output: 7 } });
  expect(store.builds.event("other", 1)).toBeUndefined();
});

it("ends a watch when its watcher disconnects", async () => {
  const log = open(store);
  const abort = new AbortController();
  const watch = numbers(log.watch(0, abort.signal));
  setTimeout(() => abort.abort(), 10);
  await expect(watch).rejects.toThrow(/abort/i);
});

it("records nothing after the last event", async () => {
  const log = open(store);
  await log.append(finished);
  await log.append(ready(1));
  expect(log.last).toBe(1);
});

it("reports an event that cannot be stored, and still sends it to watchers", async () => {
  vi.spyOn(store.builds, "putEvents").mockRejectedValue(new Error("disk full"));
  const onFailure = vi.fn();
  const log = open(store, onFailure);
  const watched = numbers(log.watch(0, never));
  await log.append(ready(0));
  await expect.poll(() => onFailure.mock.calls).toEqual([[new Error("disk full")]]);
  await log.append(finished);
  expect(await watched).toEqual([1, 2]);
  expect(store.builds.event("b", 1)).toBeUndefined();
  await log.end(build);
  expect(store.builds.event("b", 1)).toBeDefined();
});

it("watchers get an event only when the next host would have it", async () => {
  let finishWrite = () => {};
  const written = new Promise<void>((resolve) => {
    finishWrite = resolve;
  });
  const put = vi.spyOn(store.builds, "putEvents").mockImplementationOnce(() => written);
  const log = open(store);
  const seen: number[] = [];
  const watching = (async () => {
    for await (const { sequence } of log.watch(0, never)) seen.push(Number(sequence));
  })();
  await log.append({ case: "warning", value: { message: "w" } });
  await vi.waitFor(() => expect(put).toHaveBeenCalledTimes(1));
  // It comes while the other is written, and needs no further one to be stored.
  await log.append({ case: "progress", value: { vertexes: [{ id: "v" }] } });
  await new Promise(setImmediate);
  expect(seen).toEqual([]);
  finishWrite();
  await expect.poll(() => seen).toEqual([1, 2]);
  await log.append(finished);
  await watching;
  expect(seen).toEqual([1, 2, 3]);
});

it("watchers learn at once that an output can be read, since BuildKit waits for its reader", async () => {
  vi.spyOn(store.builds, "putEvents").mockImplementation(() => new Promise(() => {}));
  const log = open(store);
  const watch = log.watch(0, never);
  await log.append(ready(0));
  expect((await watch.next()).value).toMatchObject({ sequence: 1n });
  await watch.return(undefined);
  logs = [];
});

it("a suspended log has stored everything, and the next one continues its numbers", async () => {
  const first = open(store);
  const watched = numbers(first.watch(0, never));
  await first.append({ case: "accepted", value: {} });
  await first.append({ case: "queued", value: { place: 1 } });
  let endWatches = () => {};
  const until = new Promise<void>((resolve) => {
    endWatches = resolve;
  });
  const suspended = first.suspend(new Error("the host stops"), until);
  await expect.poll(() => store.builds.lastSequence("b")).toBe(2);
  expect(await Promise.race([watched, "open"])).toBe("open");
  endWatches();
  await suspended;
  await expect(watched).rejects.toThrow("the host stops");
  await first.append(ready(0));
  expect(store.builds.lastSequence("b")).toBe(2);
  logs = [];

  const second = open(store, unexpected, limitsWith(), store.builds.eventsOf("b"));
  const all = numbers(second.watch(0, never));
  const later = numbers(second.watch(3, never));
  await second.append({ case: "assigned", value: {} });
  await second.append(finished);
  expect([await all, await later]).toEqual([
    [1, 2, 3, 4],
    [3, 4],
  ]);
  await second.end({ ...build, state: BuildState.SUCCEEDED });
  expect(store.builds.totals().get("")).toEqual({ builds: 1, bytes: store.builds.eventBytesOf("b") });
});

describe("above a limit", () => {
  const output = (text: string, vertex = "v"): EventInit => ({
    case: "progress",
    value: { logs: [{ vertex, data: Buffer.from(text) }] },
  });
  const step = (name: string): EventInit => ({
    case: "progress",
    value: { vertexes: [{ id: name, name }] },
  });
  const recorded = async (log: EventLog): Promise<BuildEvent["event"][]> => {
    const events: BuildEvent["event"][] = [];
    for await (const { event } of log.watch(0, never)) events.push(event);
    return events;
  };
  const textOf = (events: BuildEvent["event"][]) =>
    events
      .flatMap((event) => (event.case === "progress" ? event.value.logs : []))
      .map(({ data }) => Buffer.from(data).toString());

  it("output is left out with a note at its place and one warning, and the steps stay", async () => {
    const limits = limitsWith({ "build-log": 1000 });
    const log = open(store, unexpected, limits);
    await log.append(output("kept\n"));
    await log.append(output("x".repeat(1000), "noisy"));
    for (let line = 0; line < 1000; line += 1) await log.append(output("y".repeat(1000)));
    await log.append(output("small\n"));
    await log.append(step("later"));
    await log.append(ready(0));
    await log.flush();
    await log.flush();
    await log.append(finished);
    const events = await recorded(log);
    expect(events.map((event) => event.case)).toEqual([
      "progress",
      "progress",
      "progress",
      "outputReady",
      "warning",
      "finished",
    ]);
    expect(textOf(events)).toEqual([
      "kept\n",
      "[output clipped, limit of 1000 bytes for the build reached]\n",
    ]);
    expect(events[1]?.value).toMatchObject({ logs: [{ vertex: "noisy" }] });
    expect(events[4]?.value).toMatchObject({
      severity: Severity.WARNING,
      reason: "LOG_CLIPPED",
      message:
        "The progress of the build was clipped at the limit of 1000 bytes for the build: 1001 events and 977.5 KiB of the steps' output were left out.",
    });
    expect(store.builds.eventBytesOf("b")).toBeLessThan(64 << 10);
  });

  it("endless steps and warnings are left out too, and the numbers have no gap", async () => {
    const log = open(store, unexpected, limitsWith({ "build-events": 100 }));
    await log.append({ case: "accepted", value: {} });
    for (let sent = 0; sent < 1000; sent += 1) {
      await log.append(step(`s${sent}`));
      await log.append({ case: "warning", value: { reason: "ANY" } });
      await log.append({ case: "bootstrap", value: { node: "n" } });
    }
    await log.flush();
    await log.append(finished);
    const seen = await numbers(log.watch(0, never));
    expect(seen).toEqual(Array.from({ length: 127 }, (_, at) => at + 1));
    const events = await recorded(log);
    expect(events.slice(-2)).toMatchObject([
      {
        case: "warning",
        value: {
          reason: "LOG_CLIPPED",
          message: expect.stringMatching(/limit of 100 events for the build: 2876 events/),
        },
      },
      { case: "finished" },
    ]);
  });

  it("that running builds share, progress of each is left out, and a new one is refused", async () => {
    const owner: Principal = { id: "token:ann", role: "builder", groups: [] };
    const limits = limitsWith({ "principal-running-log": 150_000 });
    const running = new RunningLogs(limits);
    const [first, second] = [running.open(owner), running.open(owner)];
    expect(() => running.open(owner)).toThrow(/more output of running builds/);
    const record = async (room: LogRoom) => {
      const log = new EventLog("b", { store, limits, room, onFailure: unexpected });
      logs.push(log);
      // Others may take what is left of the limit, and this one what was reserved for it.
      for (let line = 0; line < 100; line += 1) await log.append(output("y".repeat(1000)));
      await log.append(step("later"));
      await log.flush();
      await log.append(finished);
      return recorded(log);
    };
    const lines = async (room: LogRoom) => textOf(await record(room)).length;
    const most = await lines(first);
    expect(most).toBeGreaterThan(75);
    expect(most).toBeLessThan(90);
    const events = await record(second);
    expect(textOf(events).at(-1)).toBe(
      "[output clipped, limit of 146.5 KiB for the running builds of a principal reached]\n",
    );
    expect(textOf(events).length).toBeLessThan(70);
    expect(events.slice(-3)).toMatchObject([
      { case: "progress", value: { vertexes: [{ id: "later" }] } },
      { case: "warning", value: { reason: "LOG_CLIPPED" } },
      { case: "finished" },
    ]);
    // The local user has no share, and what has ended is given back.
    expect(await lines(running.open(localPrincipal))).toBe(100);
    for (const room of [first, first, second]) room.close();
    expect(await lines(running.open(owner))).toBe(100);
  });

  it("a build within its limits has no warning", async () => {
    const log = open(store);
    await log.append(output("some text"));
    await log.flush();
    await log.append(finished);
    expect((await recorded(log)).map((event) => event.case)).toEqual(["progress", "finished"]);
  });
});

it("output that waits for the disk delays the next one", async () => {
  const waiting: (() => void)[] = [];
  vi.spyOn(store.builds, "putEvents").mockImplementation(
    () => new Promise<void>((resolve) => waiting.push(resolve)),
  );
  const log = open(store);
  const data = Buffer.alloc(5 << 20);
  const large: EventInit = { case: "progress", value: { logs: [{ data }] } };
  await log.append(large);
  let isDelayed = true;
  const second = log.append(large).then(() => {
    isDelayed = false;
  });
  await new Promise(setImmediate);
  expect(isDelayed).toBe(true);
  for (const end of waiting) end();
  await second;
});
