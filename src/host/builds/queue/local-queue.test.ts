import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { readTypedError } from "../../../errors/typed-error.js";
import { QueueReason } from "../../../gen/slipway/v1/build_event_pb.js";
import { LocalQueue } from "./local-queue.js";
import type { Place, Position } from "./place.js";

beforeEach(
  () => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "setImmediate", "clearImmediate"] }),
);
afterEach(() => void vi.useRealTimers());

const none = Number.POSITIVE_INFINITY;
const queueOf = (host: number, waiting = none) =>
  new LocalQueue({
    host,
    waiting,
    project: none,
    builder: () => none,
    shared: () => ({ weight: 1, runningBuilds: none, queuedBuilds: 1 }),
  });
const enter = (queue: LocalQueue, owner = "a", members = 1) =>
  queue.enter({ id: "", owner, project: "p", isShared: false, builder: "b", priority: 0 }, members);
const forever = new AbortController().signal;

/** The positions that a place reports, as they come. */
function positionsOf(place: Place): Position[] {
  const positions: Position[] = [];
  place.wait(forever, (position) => positions.push(position)).catch(() => {});
  return positions;
}

it("gives places at once while there are any, and then in turn", async () => {
  const queue = queueOf(1);
  const [first, second, third] = [enter(queue), enter(queue), enter(queue, "b")];
  expect([first, second, third].map(({ isAssigned }) => isAssigned)).toEqual([true, false, false]);
  first.leave();
  // The other principal has had no turn yet.
  await third.wait(forever, () => {});
  third.leave();
  await second.wait(forever, () => {});
  second.leave();
  expect(vi.getTimerCount()).toBe(0);
});

it("says where a build stands and why, once for those that come together, and again when that has changed", () => {
  const queue = queueOf(1);
  const first = enter(queue);
  const [second, third] = [enter(queue), enter(queue)];
  const [ofSecond, ofThird] = [positionsOf(second), positionsOf(third)];
  expect(ofSecond).toEqual([]);
  vi.advanceTimersByTime(1);
  const message = "The host has as many running builds as it may: 1.";
  expect(ofSecond).toEqual([{ place: 1, reason: QueueReason.HOST, message }]);
  expect(ofThird).toEqual([{ place: 2, reason: QueueReason.HOST, message }]);
  vi.advanceTimersByTime(60_000);
  expect(ofThird).toHaveLength(1);
  // A principal without running builds goes first.
  positionsOf(enter(queue, "b"));
  vi.advanceTimersByTime(60_000);
  expect([ofSecond, ofThird].map((positions) => positions.map(({ place }) => place))).toEqual([
    [1, 2],
    [2, 3],
  ]);
  first.leave();
});

it("a build that leaves while it waits makes room", () => {
  const queue = queueOf(1, 1);
  enter(queue);
  const second = enter(queue);
  try {
    enter(queue, "b");
    expect.unreachable();
  } catch (cause) {
    expect(readTypedError(cause)).toMatchObject({
      reason: "QUEUE_FULL",
      // The one that waits is of somebody else.
      metadata: { quota: "queued-builds", limit: "1", used: "0" },
      retryAfterMs: 5_000,
    });
  }
  // A build that an earlier host accepted is not refused.
  const again = queue.enterAgain({
    id: "",
    owner: "b",
    project: "p",
    isShared: false,
    builder: "b",
    priority: 0,
  });
  expect(again.isAssigned).toBe(false);
  again.leave();
  second.leave();
  expect(enter(queue, "b").isAssigned).toBe(false);
});

it("a place that builds share is free when all have left", () => {
  const queue = queueOf(1);
  const shared = enter(queue, "a", 2);
  const next = enter(queue);
  shared.leave();
  expect(next.isAssigned).toBe(false);
  shared.leave();
  expect(next.isAssigned).toBe(true);
});

it("the wait ends when the build is cancelled, and for all when the queue closes", async () => {
  const queue = queueOf(1);
  enter(queue);
  const cancelled = new AbortController();
  const wait = enter(queue).wait(cancelled.signal, () => {});
  cancelled.abort(new Error("cancelled"));
  await expect(wait).rejects.toThrow("cancelled");

  const second = enter(queue).wait(forever, () => {});
  queue.close();
  const refused = enter(queue);
  expect(refused.isRefused).toBe(true);
  const late = refused.wait(forever, () => {});
  for (const each of [second, late])
    expect(await each.catch((cause) => readTypedError(cause).reason)).toBe("HOST_STOPPED");
  expect(vi.getTimerCount()).toBe(0);
});

it("of a shared project no more builds wait than are set, and others are not refused", () => {
  const queue = queueOf(1);
  const ofShop = { id: "", owner: "a", project: "shop", isShared: true, builder: "b", priority: 0 };
  queue.enter(ofShop);
  queue.enter(ofShop);
  try {
    queue.enter({ ...ofShop, owner: "c" });
    expect.unreachable();
  } catch (cause) {
    const metadata = { quota: "queued_builds", limit: "1", used: "1", project: "shop" };
    expect(readTypedError(cause)).toMatchObject({ reason: "QUEUE_FULL", metadata });
  }
  expect(queue.enter({ ...ofShop, project: "web" }).isAssigned).toBe(false);
  expect(enter(queue).isAssigned).toBe(false);
});
