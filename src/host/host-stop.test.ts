import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createLog } from "./base/log.js";
import { Closers } from "./closers.js";
import { HostStop } from "./host-stop.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const forever = () => new Promise<never>(() => {});
const atOnce = async () => {};

/** A host whose parts end as given. */
function hostWith({
  builds = atOnce as (how: { force: boolean }) => Promise<void>,
  server = atOnce as (how?: { graceMs?: number }) => Promise<void>,
  handOver = () => {},
  plugins = atOnce,
  store = atOnce,
} = {}) {
  const lines: Record<string, unknown>[] = [];
  const closed: string[] = [];
  const closers = new Closers();
  const part = (what: string, close: () => Promise<void>) =>
    closers.own(what, 2_000, what, async () => {
      closed.push(what);
      await close();
    });
  part("store", store);
  part("plugins", plugins);
  const stop = new HostStop({
    builds: {
      running: 1,
      runningIds: ["b1"],
      suspendQueued: () => {},
      ended: atOnce,
      handOver,
      close: builds,
    },
    server: { close: server },
    closers,
    log: createLog("info", (line) => lines.push(JSON.parse(line))),
  });
  return { stop, closed, lines };
}

it("closes everything, the last opened first, and leaves nothing", async () => {
  const { stop, closed, lines } = hostWith();
  expect(await stop.stop({ force: false })).toEqual([]);
  expect(closed).toEqual(["plugins", "store"]);
  expect(lines.at(-1)).toMatchObject({ level: "info", message: "Stopped" });
});

it.each([
  ["a build that ignores its cancellation, or waits for the disk", "builds", { builds: forever }],
  ["a connection", "connections", { server: forever }],
  ["a plugin", "plugins", { plugins: forever }],
  ["the store", "store", { store: forever }],
])("%s that hangs is left after a minute, and named", async (_what, name, parts) => {
  const { stop, closed, lines } = hostWith(parts);
  const stopped = stop.stop({ force: false });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await Promise.race([stopped, "still stopping"])).toEqual([name]);
  expect(closed).toEqual(["plugins", "store"]);
  expect(lines.filter(({ level }) => level === "error")).toMatchObject([
    { what: name },
    { message: "Stopped by force", left: name, builds: "b1" },
  ]);
});

it("is over in half a minute when it is forced, although everything hangs", async () => {
  const parts = { builds: forever, server: forever, plugins: forever, store: forever };
  const { stop } = hostWith(parts);
  const stopped = stop.stop({ force: true });
  await vi.advanceTimersByTimeAsync(30_000);
  expect(await Promise.race([stopped, "still stopping"])).toHaveLength(4);
});

it("builds and calls have 30 s to end, or less when another request forces the stop", async () => {
  const asked: unknown[] = [];
  let endBuilds = () => {};
  const builds = (how: { force: boolean }) => {
    asked.push(how);
    if (how.force) endBuilds();
    return new Promise<void>((resolve) => {
      endBuilds = resolve;
    });
  };
  const { stop } = hostWith({ builds });
  const stopped = stop.stop({ force: false });
  await vi.advanceTimersByTimeAsync(29_000);
  expect(asked).toEqual([{ force: false }]);
  void stop.stop({ force: true });
  expect(await stopped).toEqual([]);
  expect(asked).toContainEqual({ force: true });
});

it("builds that run after 30 s are left to the next host before the others are ended", async () => {
  const order: string[] = [];
  const builds = async ({ force }: { force: boolean }) => void order.push(force ? "end" : "wait");
  const handOver = () => void order.push("hand over");
  let endCalls = () => {};
  const server = ({ graceMs = 0 } = {}) => {
    if (graceMs < 30_000) endCalls();
    return new Promise<void>((resolve) => {
      endCalls = resolve;
    });
  };
  const { stop } = hostWith({ builds, handOver, server });
  const stopped = stop.stop({ force: false });
  await vi.advanceTimersByTimeAsync(29_000);
  expect(order).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(order.slice(0, 2)).toEqual(["hand over", "end"]);
  expect(await stopped).toEqual([]);
});

it("a part that cannot be closed does not keep the others open", async () => {
  const { stop, closed, lines } = hostWith({
    plugins: () => Promise.reject(new Error("no such file")),
  });
  expect(await stop.stop({ force: false })).toEqual([]);
  expect(closed).toEqual(["plugins", "store"]);
  expect(lines).toContainEqual(
    expect.objectContaining({ level: "error", what: "plugins", error: "Error: no such file" }),
  );
});
