import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rankPods } from "../dial/choose-pod.js";
import { type PoolLimits, planPool, type WaitView, type WorkerView } from "./plan.js";

const limits: PoolLimits = { min: 0, max: 3, idleMs: 60_000, stealMs: 5_000 };

const worker = (index: number, state: WorkerView["state"], more: Partial<WorkerView> = {}): WorkerView => ({
  index,
  state,
  forMs: 0,
  outdated: false,
  ...more,
});

/** A key whose ranking of three workers begins with these. */
function keyOf(...first: number[]): string {
  for (let number = 0; ; number++) {
    const key = `key-${number}`;
    const ranks = rankPods([0, 1, 2], String, "sticky", key);
    if (first.every((index, at) => ranks[at] === index)) return key;
  }
}

const wait = (id: string, key: string, waitedMs = 0): WaitView => ({ id, key, waitedMs });
const [home0, home1, home2] = [keyOf(0, 1), keyOf(1, 2), keyOf(2, 0)];

describe("placement", () => {
  it.each<[string, WorkerView[], WaitView[], object]>([
    [
      "the home worker at once",
      [worker(0, "idle"), worker(1, "idle")],
      [wait("a", home1)],
      { assign: [{ id: "a", index: 1 }] },
    ],
    [
      "each its home, whoever came first",
      [worker(0, "idle"), worker(1, "idle")],
      [wait("late", home1, 9_000), wait("a", home1, 6_000), wait("b", home0)],
      {
        assign: [
          { id: "late", index: 1 },
          { id: "b", index: 0 },
        ],
      },
    ],
    [
      "none before the stealing time, and the next rank as the expected one",
      [worker(0, "busy"), worker(1, "idle"), worker(2, "idle")],
      [wait("a", home0, 4_000)],
      { assign: [], create: [], againMs: 1_000 },
    ],
    [
      "the best of the idle ones after the stealing time",
      [worker(0, "busy"), worker(1, "idle"), worker(2, "idle")],
      [wait("a", home0, 5_000)],
      { assign: [{ id: "a", index: 1 }] },
    ],
    [
      "an idle one after the stealing time while the home starts",
      [worker(0, "starting"), worker(2, "idle")],
      [wait("a", home0, 5_000)],
      { assign: [{ id: "a", index: 2 }] },
    ],
    [
      "none that was created with other settings",
      [worker(0, "idle", { outdated: true })],
      [wait("a", home0, 9_000)],
      { assign: [], create: [1], remove: [0] },
    ],
  ])("gives %s", (_, workers, waits, expected) => {
    expect(planPool(workers, waits, limits)).toMatchObject(expected);
  });
});

describe("scaling up", () => {
  it.each<[string, WorkerView[], WaitView[], Partial<PoolLimits>, number[]]>([
    ["the home of a lease", [], [wait("a", home2)], {}, [2]],
    ["nothing while the home starts", [worker(2, "starting")], [wait("a", home2)], {}, []],
    [
      "another one for the second lease",
      [worker(2, "starting")],
      [wait("a", home2), wait("b", home2)],
      {},
      [0],
    ],
    ["another one while the home is busy", [worker(1, "busy")], [wait("a", home1)], {}, [2]],
    ["the home although another one is idle", [worker(0, "idle")], [wait("a", home1)], {}, [1]],
    ["another one while the home ends", [worker(1, "ending")], [wait("a", home1)], {}, [2]],
    [
      "never more than the maximum",
      [worker(0, "busy"), worker(1, "busy"), worker(2, "starting")],
      [wait("a", home1), wait("b", home1), wait("c", home1)],
      {},
      [],
    ],
    ["the minimum", [worker(1, "busy")], [], { min: 2 }, [0]],
    ["no more than the minimum with what leases need", [], [wait("a", home2)], { min: 2 }, [2, 0]],
  ])("creates %s", (_, workers, waits, more, create) => {
    expect(planPool(workers, waits, { ...limits, ...more }).create).toEqual(create);
  });
});

describe("scaling down", () => {
  const idle = (index: number, forMs: number) => worker(index, "idle", { forMs });
  it.each<[string, WorkerView[], WaitView[], Partial<PoolLimits>, number[], number | undefined]>([
    ["what has been idle for long", [idle(0, 60_000), idle(1, 20_000)], [], {}, [0], 40_000],
    [
      "the longest idle first down to the minimum",
      [idle(0, 61_000), idle(1, 62_000)],
      [],
      { min: 1 },
      [1],
      undefined,
    ],
    ["nothing that is busy", [worker(0, "busy", { forMs: 99_000 })], [], {}, [], undefined],
    [
      "nothing that a lease waits for",
      [worker(0, "starting", { forMs: 99_000 })],
      [wait("a", home0)],
      {},
      [],
      undefined,
    ],
    ["what nobody waits for any more", [worker(0, "starting", { forMs: 99_000 })], [], {}, [0], undefined],
    ["what has failed", [worker(0, "failed")], [wait("a", home0)], { min: 1 }, [0], undefined],
    ["what is above a lower maximum", [idle(2, 0), worker(1, "busy")], [], { max: 1 }, [2], undefined],
    [
      "what has former settings, but not while it is busy",
      [worker(0, "busy", { outdated: true }), worker(1, "idle", { outdated: true })],
      [],
      {},
      [1],
      undefined,
    ],
  ])("removes %s", (_, workers, waits, more, remove, againMs) => {
    const plan = planPool(workers, waits, { ...limits, ...more });
    expect(plan).toMatchObject({ remove });
    expect(plan.againMs).toBe(againMs);
  });
});

it("keeps its limits for any pool", () => {
  const states = ["idle", "busy", "starting", "ending", "failed"] as const;
  const workers = fc.uniqueArray(
    fc.record({
      index: fc.nat({ max: 7 }),
      state: fc.constantFrom(...states),
      forMs: fc.nat({ max: 120_000 }),
      outdated: fc.boolean(),
    }),
    { selector: ({ index }) => index, maxLength: 8 },
  );
  const waits = fc.array(fc.record({ key: fc.string(), waitedMs: fc.nat({ max: 10_000 }) }), {
    maxLength: 10,
  });
  const some = fc.record({ min: fc.nat({ max: 3 }), max: fc.integer({ min: 3, max: 6 }) });
  const property = fc.property(workers, waits, some, (existing, waiting, { min, max }) => {
    const views = waiting.map((each, index) => ({ id: String(index), ...each }));
    const plan = planPool(existing, views, { ...limits, min, max });
    const stateOf = new Map(existing.map(({ index, state }) => [index, state]));
    const assigned = plan.assign.map(({ index }) => index);
    // One lease for each worker, and only for idle ones.
    expect(new Set(assigned).size).toBe(assigned.length);
    for (const index of assigned) expect(stateOf.get(index)).toBe("idle");
    // Nothing that is busy, or was just leased, is removed.
    for (const index of plan.remove) {
      expect(["idle", "starting", "failed"]).toContain(stateOf.get(index));
      expect(assigned).not.toContain(index);
    }
    // Never above the maximum.
    for (const index of plan.create) {
      expect(index).toBeLessThan(max);
      expect(stateOf.has(index)).toBe(false);
    }
    // Nobody waits beside an idle worker for longer than the stealing time.
    const left = existing.filter(
      ({ index, state, outdated }) =>
        state === "idle" && !outdated && index < max && !assigned.includes(index),
    );
    const patient = views.filter(({ id }) => !plan.assign.some((one) => one.id === id));
    if (left.length > 0) for (const { waitedMs } of patient) expect(waitedMs).toBeLessThan(limits.stealMs);
  });
  fc.assert(property, { numRuns: 500, seed: 17 });
});

it("brings at least nine of ten builds to their home, with five projects on three workers", () => {
  // Ten rounds, in which the projects come one after the other: their homes are free.
  const keys = ["web", "api", "shop", "tools", "docs"];
  const workers = [0, 1, 2].map((index) => worker(index, "idle"));
  const places = Array.from({ length: 10 }, () =>
    keys.map((key) => planPool(workers, [wait("a", key)], limits).assign[0]!.index),
  );
  expect(places.every((round) => String(round) === String(places[0]))).toBe(true);
});
