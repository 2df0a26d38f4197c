import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { BuildEvent } from "../../gen/slipway/v1/build_event_pb.js";
import { BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import { Store } from "../store/store.js";
import { EventLog } from "./event-log.js";

let folder: string;
let store: Store;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-events-"));
  store = new Store(folder);
});

afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const never = new AbortController().signal;
const unexpected = (cause: unknown) => {
  throw cause;
};
const ready = (output: number) => ({ case: "outputReady", value: { output } }) as const;
const finished = { case: "finished", value: { state: BuildState.SUCCEEDED } } as const;

async function numbers(events: AsyncIterable<BuildEvent>): Promise<number[]> {
  const seen: number[] = [];
  for await (const event of events) seen.push(Number(event.sequence));
  return seen;
}

it("sends every event to early, late and partial watchers", async () => {
  const log = new EventLog(store, "b", unexpected);
  const early = numbers(log.watch(0, never));
  for (let i = 0; i < 1000; i++) await log.append(ready(i));
  const late = numbers(log.watch(990, never));
  await log.append(finished);
  expect(await early).toEqual(Array.from({ length: 1001 }, (_, i) => i + 1));
  expect(await late).toEqual([990, 991, 992, 993, 994, 995, 996, 997, 998, 999, 1000, 1001]);
});

it("keeps events in the store", async () => {
  const log = new EventLog(store, "b", unexpected);
  await log.append(ready(7));
  await log.append(finished);
  expect(store.lastSequence("b")).toBe(2);
  expect(store.event("b", 1)?.event).toMatchObject({ case: "outputReady", value: { output: 7 } });
  expect(store.event("other", 1)).toBeUndefined();
});

it("ends a watch when its watcher disconnects", async () => {
  const log = new EventLog(store, "b", unexpected);
  const abort = new AbortController();
  const watch = numbers(log.watch(0, abort.signal));
  setTimeout(() => abort.abort(), 10);
  await expect(watch).rejects.toThrow(/abort/i);
});

it("records nothing after the last event", async () => {
  const log = new EventLog(store, "b", unexpected);
  await log.append(finished);
  await log.append(ready(1));
  expect(log.last).toBe(1);
});

it("reports an event that cannot be stored, and still sends it to watchers", async () => {
  const full = { putEvent: () => Promise.reject(new Error("disk full")) } as unknown as Store;
  const failures: unknown[] = [];
  const log = new EventLog(full, "b", (cause) => failures.push(cause));
  const watched = numbers(log.watch(0, never));
  await log.append(ready(0));
  await log.append(finished);
  expect(await watched).toEqual([1, 2]);
  expect(failures).toEqual([new Error("disk full"), new Error("disk full")]);
});
