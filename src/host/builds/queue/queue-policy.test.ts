import fc from "fast-check";
import { expect, it } from "vitest";
import { capOf, inOrder, nextOf, type QueueCaps, type QueueEntry, Shares } from "./queue-policy.js";

const none = Number.POSITIVE_INFINITY;
const shared = () => ({ weight: 1, runningBuilds: none });
const noCaps: QueueCaps = { host: none, project: none, builder: () => none, shared };
let entered = 0;
const entry = (owner: string, project = "", more: Partial<QueueEntry> = {}): QueueEntry => ({
  owner,
  project,
  isShared: false,
  builder: "b",
  priority: 0,
  order: entered++,
  ...more,
});

/** Runs what can run, one after the other, and returns it. */
function claimAll(waiting: QueueEntry[], running: Shares, caps: QueueCaps): QueueEntry[] {
  const left = new Set(waiting);
  const claimed: QueueEntry[] = [];
  for (let next = nextOf(left, running, caps); next; next = nextOf(left, running, caps)) {
    left.delete(next);
    running.add(next);
    claimed.push(next);
  }
  return claimed;
}

it.each([1, 2, 4, 7])("a project that comes late gets the next of %d places, and then its share", (host) => {
  const shares = new Shares();
  const waiting = Array.from({ length: 500 }, () => entry("local", "a"));
  const running: QueueEntry[] = [];
  const turns: string[] = [];
  const fill = () => {
    for (const next of claimAll(waiting, shares, { ...noCaps, host })) {
      waiting.splice(waiting.indexOf(next), 1);
      running.push(next);
      turns.push(next.project);
    }
  };
  fill();
  waiting.push(...Array.from({ length: 50 }, () => entry("local", "b")));
  for (let ends = 0; ends < 80; ends++) {
    // The one that has run longest ends.
    shares.remove(running.shift()!);
    fill();
  }
  expect(turns[host]).toBe("b");
  const ofB = turns.slice(host).filter((project) => project === "b").length;
  expect(Math.abs(ofB - 40)).toBeLessThanOrEqual(host);
});

it("principals share first, whatever number of projects they have; then age decides", () => {
  const [a1, a2, a3, b1] = [entry("a", "1"), entry("a", "2"), entry("a", "3"), entry("b", "1")];
  expect(claimAll([a3!, a2!, a1!, b1!], new Shares(), noCaps)).toEqual([a1, b1, a2, a3]);
});

it("a shared project has one share, whatever number of principals build in it, and they share that", () => {
  const of = (owner: string, project: string) => entry(owner, project, { isShared: true });
  const [a1, a2, b1, c1, d1] = [
    of("a", "shop"),
    of("a", "shop"),
    of("b", "shop"),
    of("c", "web"),
    // It has the name of the shared project, and is none of it.
    entry("d", "shop"),
  ];
  const all = [a1!, a2!, b1!, c1!, d1!];
  expect(claimAll(all, new Shares(), noCaps)).toEqual([a1, c1, d1, b1, a2]);
  // The cap of a project counts all of its principals.
  expect(claimAll(all, new Shares(), { ...noCaps, project: 1 })).toEqual([a1, c1, d1]);
});

it.each([
  [{ shop: 3, web: 1 }, 4, { shop: 3, web: 1 }],
  [{ shop: 3, web: 1 }, 8, { shop: 6, web: 2 }],
  [{ shop: 1, web: 1 }, 8, { shop: 4, web: 4 }],
  [{ shop: 0.5, web: 2 }, 10, { shop: 2, web: 8 }],
])("projects with the weights %o share %d places as %o, over 1000 claims", (weights, host, expected) => {
  const caps = {
    ...noCaps,
    host,
    shared: (name: string) => ({ weight: weights[name as "shop" | "web"], runningBuilds: none }),
  };
  const of = (name: string) => Array.from({ length: 1000 }, () => entry("a", name, { isShared: true }));
  const waiting = [...of("shop"), ...of("web")];
  const shares = new Shares();
  const running: QueueEntry[] = [];
  const ran = { shop: 0, web: 0 };
  for (let claims = 0; claims < 1000; ) {
    for (const next of claimAll(waiting, shares, caps)) {
      waiting.splice(waiting.indexOf(next), 1);
      running.push(next);
      ran[next.project as "shop" | "web"]++;
      claims++;
    }
    shares.remove(running.shift()!);
  }
  // Jain's index of what each got, compared with its weight.
  const got = [ran.shop / weights.shop, ran.web / weights.web];
  const jain = (got[0]! + got[1]!) ** 2 / (2 * (got[0]! ** 2 + got[1]! ** 2));
  expect(jain).toBeGreaterThan(0.99);
  for (const next of claimAll(waiting, shares, caps)) running.push(next);
  const count = (name: string) => running.filter(({ project }) => project === name).length;
  expect({ shop: count("shop"), web: count("web") }).toEqual(expected);
});

it("the cap of one shared project holds up no other", () => {
  const caps = {
    ...noCaps,
    shared: (name: string) => ({ weight: 1, runningBuilds: name === "shop" ? 2 : none }),
  };
  const of = (name: string) => Array.from({ length: 5 }, () => entry("a", name, { isShared: true }));
  const claimed = claimAll([...of("shop"), ...of("web"), entry("a", "shop")], new Shares(), caps);
  expect(claimed.map(({ project, isShared }) => `${project} ${isShared}`).sort()).toEqual([
    "shop false",
    "shop true",
    "shop true",
    ...Array(5).fill("web true"),
  ]);
});

it("a higher priority goes first, also before one's share", () => {
  const running = new Shares();
  running.add(entry("a"));
  const [low, high] = [entry("b"), entry("a", "", { priority: 1 })];
  expect(claimAll([low, high], running, noCaps)).toEqual([high, low]);
});

it("one whose cap is reached holds nobody up, and knows the narrowest of its caps", () => {
  const running = new Shares();
  const caps = { host: 3, project: 1, builder: (name: string) => (name === "small" ? 1 : none), shared };
  const [first, same, small, smallToo, last] = [
    entry("a", "p"),
    entry("a", "p"),
    entry("a", "q", { builder: "small" }),
    entry("b", "r", { builder: "small" }),
    entry("c", "s"),
  ];
  expect(claimAll([first, same, small, smallToo, last], running, caps)).toEqual([first, smallToo, last]);
  expect([same, small, entry("d")].map((each) => capOf(each, running, caps))).toEqual([
    "project",
    "builder",
    "host",
  ]);
  // Each principal has its own projects.
  expect(capOf(entry("b", "p"), new Shares(), caps)).toBeUndefined();
});

const some = fc.record({
  owner: fc.constantFrom("a", "b", "c"),
  project: fc.constantFrom("p", "q", "r"),
  isShared: fc.boolean(),
  builder: fc.constantFrom("x", "y"),
  priority: fc.constantFrom(0, 0, 0, 1, -1),
});
const several = fc.array(some, { maxLength: 40 });
const ordered = (given: Omit<QueueEntry, "order">[]) => given.map((each, order) => ({ ...each, order }));

it("the order is that of the claims when nothing ends", () => {
  const property = fc.property(several, several, (waiting, before) => {
    const running = new Shares();
    for (const each of ordered(before)) running.add(each);
    const expected = inOrder(ordered(waiting), running, noCaps);
    expect(claimAll(ordered(waiting), running, noCaps)).toEqual(expected);
  });
  fc.assert(property, { numRuns: 300 });
});

it("caps hold over random claims and ends, and nobody waits who could run", () => {
  let claims = 0;
  const property = fc.property(
    fc.record({ host: fc.integer({ min: 2, max: 8 }), project: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ x: fc.integer({ min: 1, max: 5 }), y: fc.integer({ min: 1, max: 5 }) }),
    // Numbers are ends of one of those that run.
    fc.array(fc.oneof(some, fc.nat()), { minLength: 150, maxLength: 200 }),
    ({ host, project }, builders, steps) => {
      const builder = (name: string) => builders[name as "x" | "y"];
      const counts = new Shares();
      const running = new Set<QueueEntry>();
      const waiting = new Set<QueueEntry>();
      steps.forEach((step, order) => {
        if (typeof step !== "number") waiting.add({ ...step, order });
        else if (running.size > 0) {
          const ended = [...running][step % running.size]!;
          running.delete(ended);
          counts.remove(ended);
        }
        for (const claimed of claimAll([...waiting], counts, { host, project, builder, shared })) {
          waiting.delete(claimed);
          running.add(claimed);
          claims++;
        }
        // Counted anew, without what is tested.
        const all = new Map<string, number>();
        const keys = (each: QueueEntry) => [
          each.isShared ? `shared ${each.project}` : `${each.owner} ${each.project}`,
          each.builder,
        ];
        for (const each of running) for (const key of keys(each)) all.set(key, (all.get(key) ?? 0) + 1);
        const isAbove = (each: QueueEntry, more: number) => {
          const [ofProject, ofBuilder] = keys(each).map((key) => (all.get(key) ?? 0) + more);
          return running.size + more > host || ofProject! > project || ofBuilder! > builder(each.builder);
        };
        for (const each of running) if (isAbove(each, 0)) throw new Error("A cap is exceeded.");
        for (const each of waiting) if (!isAbove(each, 1)) throw new Error("One waits that could run.");
      });
    },
  );
  // A fixed seed: the number of claims is the same in every run.
  fc.assert(property, { numRuns: 200, seed: 17 });
  expect(claims).toBeGreaterThan(10_000);
});
