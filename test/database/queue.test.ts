import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { BuildState, QueueReason } from "../../src/gen/slipway/v1/build_event_pb.js";
import { createLog } from "../../src/host/base/log.js";
import type { QueuedBuild, QueueLimits } from "../../src/host/builds/queue/build-queue.js";
import { LocalQueue } from "../../src/host/builds/queue/local-queue.js";
import type { Place } from "../../src/host/builds/queue/place.js";
import { SharedQueue } from "../../src/host/builds/queue/shared-queue.js";
import { openDatabase } from "../../src/host/database/database.js";
import { failure } from "../host/failure.js";
import { type Postgres, startPostgres, until } from "../lab/index.js";
import { claimPlaces } from "./claim-places.js";
import { begin, follow, gate, specOf, startMember, untilBegun, untilEvent } from "./team.js";

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

const none = Number.POSITIVE_INFINITY;
/** Waits for a place for as long as it takes. */
const given = (place: Place) => place.wait(new AbortController().signal, () => {});
const log = createLog("error", () => {});

/** The queues of hosts on a new database. */
async function queues(count: number, limits: Partial<QueueLimits> = {}): Promise<SharedQueue[]> {
  const url = await postgres.newDatabase();
  const all: QueueLimits = {
    host: none,
    waiting: none,
    project: none,
    builder: () => none,
    shared: () => ({ weight: 1, runningBuilds: none, queuedBuilds: none }),
    ...limits,
  };
  return Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const database = await openDatabase(url, { name: `host-${at}`, stateId: `state-${at}` }, log);
      const queue = new SharedQueue(database.builds.team.places, all);
      onTestFinished(async () => {
        queue.close();
        await database.close();
      });
      return queue;
    }),
  );
}

let newest = 0;
const buildOf = (more: Partial<QueuedBuild>): QueuedBuild => ({
  id: String(++newest).padStart(9, "0"),
  owner: "ann",
  project: "p",
  isShared: true,
  builder: "b",
  priority: 0,
  ...more,
});

it("a project that comes later gets the next free place, on whichever host the others wait", async () => {
  const hosts = await queues(4, { host: 2 });
  const order: string[] = [];
  const running: Place[] = [];
  const enter = async (project: string, host: number) => {
    const place = await hosts[host]!.enter(buildOf({ project }));
    void given(place).then(
      () => {
        order.push(project);
        running.push(place);
      },
      () => {},
    );
  };
  await Promise.all(Array.from({ length: 500 }, (_, at) => enter("a", at % 4)));
  await until("all hosts to be full", async () => running.length === 8);
  await Promise.all(Array.from({ length: 5 }, (_, at) => enter("b", at % 4)));
  expect(order).not.toContain("b");
  const first = running.splice(0, 8);
  for (const place of first) place.leave();
  await until("new places", async () => running.length === 8);
  // The two places of each host that has builds of b: b has none, so it goes first until it has as many as a.
  expect(order.slice(8).filter((project) => project === "b")).toHaveLength(4);
  expect(order[8]).toBe("b");
});

it("equal projects get equal parts of all hosts", async () => {
  const hosts = await queues(4, { host: 2 });
  const names = ["a", "b", "c", "d", "e"];
  const counts = new Map(names.map((name) => [name, 0]));
  let total = 0;
  const enter = async (project: string, host: number) => {
    const place = await hosts[host]!.enter(buildOf({ project }));
    void given(place).then(
      async () => {
        // While all projects have builds that wait.
        if (++total <= 300) counts.set(project, counts.get(project)! + 1);
        await sleep(Math.random() * 20);
        place.leave();
      },
      () => {},
    );
  };
  // One after the other, so that the first would have all places by age.
  for (const [at, name] of names.entries())
    await Promise.all(Array.from({ length: 100 }, (_, build) => enter(name, (at + build) % 4)));
  await until("all places", async () => total === 500);
  const parts = [...counts.values()];
  const sum = parts.reduce((one, other) => one + other);
  const jain = sum ** 2 / (parts.length * parts.reduce((squares, part) => squares + part ** 2, 0));
  expect(jain).toBeGreaterThanOrEqual(0.95);
});

it("the shared queue gives places in the order of the local queue", async () => {
  const names = (...of: string[]) => fc.constantFrom(...of);
  const builds = fc.record({
    owner: names("ann", "bob", "cy"),
    project: names("p", "q", "r"),
    isShared: fc.boolean(),
    builder: names("b", "c"),
    priority: fc.integer({ min: -1, max: 1 }),
  });
  const limits = {
    host: 4,
    builder: () => 3,
    project: 2,
    shared: (project: string) => ({
      weight: project === "p" ? 2 : 1,
      runningBuilds: project === "q" ? 1 : none,
      queuedBuilds: none,
    }),
  };
  await fc.assert(
    fc.asyncProperty(fc.array(builds, { minLength: 20, maxLength: 60 }), async (all) => {
      const [shared] = (await queues(1, limits)) as [SharedQueue];
      const local = new LocalQueue({ ...limits, waiting: none });
      const waiting = new Map<string, { ofAll: Place; ofOne: Place }>();
      for (const one of all) {
        const build = buildOf(one);
        waiting.set(build.id, { ofAll: await shared.enter(build), ofOne: local.enter(build) });
      }
      const running = (which: "ofAll" | "ofOne") =>
        [...waiting].filter(([, places]) => places[which].isAssigned).map(([id]) => id);
      while (waiting.size > 0) {
        const expected = running("ofOne");
        await until("as many places", () => running("ofAll").length === expected.length, { every: 1 });
        expect(running("ofAll")).toEqual(expected);
        const [oldest] = expected as [string];
        const { ofAll, ofOne } = waiting.get(oldest)!;
        waiting.delete(oldest);
        ofAll.leave();
        ofOne.leave();
      }
      local.close();
    }),
    { numRuns: 5 },
  );
}, 60_000);

it("four hosts never exceed the limits of host, project and builder", async () => {
  const caps = { host: 6, project: 3, builder: 3 };
  const hosts = await queues(4, {
    host: caps.host,
    builder: () => caps.builder,
    shared: () => ({ weight: 1, runningBuilds: caps.project, queuedBuilds: none }),
  });
  const most = await claimPlaces(hosts, 1_000);
  for (const key of ["host", "project", "builder"] as const) expect(most[key]).toBeLessThanOrEqual(caps[key]);
});

it("a build waits for one of its project on another host, and says so", async () => {
  const url = await postgres.newDatabase();
  const args = ["--limit", "project-builds=1"];
  const [one, other] = await Promise.all(["one", "other"].map((name) => startMember(url, name, { args })));
  const [first, second] = [gate(), gate()];
  const running = follow(one!, await begin(one!, specOf(first.dockerfile, { project: "shop" })));
  await untilBegun(running.events);
  const waiting = follow(one!, await begin(other!, specOf(second.dockerfile, { project: "shop" })));
  await untilEvent(waiting.events, "queued");
  const queued = waiting.events.find(({ event }) => event.case === "queued");
  expect(queued?.event.value).toMatchObject({ reason: QueueReason.PROJECT, place: 1 });
  await first.open(one!);
  await running.ended;
  await untilBegun(waiting.events);
  await second.open(other!);
  await waiting.ended;
  expect(waiting.events.at(-1)?.event).toMatchObject({ value: { state: BuildState.SUCCEEDED } });
});

it("a build above the project's limit of waiting builds on all hosts is refused", async () => {
  const hosts = await queues(2, {
    host: 1,
    shared: () => ({ weight: 1, runningBuilds: none, queuedBuilds: 3 }),
  });
  // One runs on each host.
  for (const host of hosts) expect((await host.enter(buildOf({}))).isAssigned).toBe(true);
  for (let at = 0; at < 3; at++) await hosts[at % 2]!.enter(buildOf({}));
  expect(await failure(Promise.resolve(hosts[1]!.enter(buildOf({}))))).toMatchObject({
    reason: "QUEUE_FULL",
  });
  await hosts[0]!.enter(buildOf({ project: "other" }));
});

it("after a database crash, no place is given until all hosts have sent their places", async () => {
  const [one, other] = (await queues(2, { host: 1, builder: () => 1 })) as [SharedQueue, SharedQueue];
  const first = await one.enter(buildOf({}));
  expect(first.isAssigned).toBe(true);
  const second = await other.enter(buildOf({}));
  await postgres.kill();
  await postgres.start();
  // As the renewal of the hosts' leases does.
  for (const host of [one, other]) host.refresh();
  let isGiven = false;
  void given(second).then(() => (isGiven = true));
  // Until all hosts had time to send their places, none is given.
  await sleep(20_000);
  expect(isGiven).toBe(false);
  first.leave();
  await until("the place of the other host", async () => isGiven, { within: 30_000 });
}, 120_000);
