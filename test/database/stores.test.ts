import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { RestartRecordSchema } from "../../src/gen/slipway/state/v1/restart_record_pb.js";
import { BuildEventSchema, BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { type Build, BuildSchema } from "../../src/gen/slipway/v1/build_pb.js";
import { createLog } from "../../src/host/base/log.js";
import { openDatabase } from "../../src/host/database/database.js";
import type { BuildFilter } from "../../src/host/store/build-index.js";
import type { BuildStore } from "../../src/host/store/build-store.js";
import { Store } from "../../src/host/store/store.js";
import { failure } from "../host/failure.js";
import { type Postgres, postgresPassword, startPostgres, tempDir } from "../lab/index.js";

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

const { QUEUED, PENDING, RUNNING, SUCCEEDED, FAILED } = BuildState;
const lines: string[] = [];
const log = createLog("debug", (line) => void lines.push(line));

async function open(url: string, stateId: string, name = stateId) {
  const database = await openDatabase(url, { name, stateId }, log);
  onTestFinished(() => database.close());
  return database;
}

async function all<T>(values: Iterable<T> | AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const value of values) found.push(value);
  return found;
}

const buildOf = (id: string, state: BuildState, more: Partial<Build> = {}): Build => ({
  ...create(BuildSchema, { id, state, owner: "local", builder: "b", displayName: `of ${id}` }),
  ...more,
});
const eventOf = (sequence: number, output = sequence) => ({
  sequence,
  bytes: toBinary(
    BuildEventSchema,
    create(BuildEventSchema, {
      sequence: BigInt(sequence),
      event: { case: "outputReady", value: { output } },
    }),
  ),
});

/** What a store answers, after the same calls. */
async function used(store: BuildStore): Promise<unknown[]> {
  const answers: unknown[] = [];
  const restart = create(RestartRecordSchema, { bake: "k" });
  await store.add(buildOf("1", PENDING), { request: { id: "request", digest: "d" }, restart });
  answers.push(
    await store.get("1\0"),
    await store.ofReference("1\0"),
    await all(store.list({ builder: "b\0" })),
  );
  await store.add(buildOf("2", QUEUED, { owner: "token:ann" }));
  await store.add(buildOf("3", PENDING, { builder: "c" }));
  await store.put(buildOf("1", RUNNING, { refs: ["1", "of-node"] }));
  await store.putEvents("1", [eventOf(1), eventOf(2)]);
  await store.putEvents(
    "1",
    Array.from({ length: 450 }, (_, at) => eventOf(at + 3)),
  );
  await store.handOver(buildOf("2", QUEUED, { owner: "token:ann", attempt: 2 }));
  answers.push(await store.eventsOf("1"), await store.eventsOf("2"), await store.get("2"));
  const end = { endTime: timestampFromMs(5_000), lastSequence: 453n };
  await store.end(buildOf("1", SUCCEEDED, { ...end, refs: ["1", "of-node"] }), [eventOf(453)], 77);
  await store.end(buildOf("3", FAILED, { builder: "c", ...end }), [eventOf(1)], 3);
  answers.push(await store.get("1"), await store.get("none"), await store.newest());
  answers.push(
    await store.ofReference("of-node"),
    await store.ofReference("2"),
    await store.ofReference("x"),
  );
  answers.push(await store.ofRequest("request"), await store.ofRequest("other"));
  const viewer = { owner: "local", projects: ["shop", "none"] };
  await store.add(buildOf("4", PENDING, { owner: "token:ann", project: "shop" }));
  await store.add(buildOf("5", QUEUED, { project: "shop" }));
  await store.add(buildOf("6", QUEUED, { project: "web" }));
  await store.end(buildOf("5", FAILED, { project: "shop", ...end }), [eventOf(1)], 4);
  const seen = async (filter: BuildFilter) => (await all(store.list(filter))).map(({ id }) => id);
  expect(await seen({ viewer })).toEqual(["5", "4", "3", "1"]);
  expect(await seen({ viewer: { owner: "token:bob", projects: ["web"] } })).toEqual(["6"]);
  expect(await seen({ viewer, project: "web" })).toEqual([]);
  expect(await seen({ project: "web" })).toEqual(["6"]);
  expect(await seen({ owner: "token:ann" })).toEqual(["4", "2"]);
  expect(await seen({ owner: "token:ann", viewer })).toEqual(["4"]);
  expect(await seen({ owner: "token:ann", viewer: { owner: "token:ann", projects: [] } })).toEqual(["2"]);
  expect(await seen({ owner: "local", project: "shop" })).toEqual(["5"]);
  expect(await seen({})).toEqual(["6", "5", "4", "3", "2", "1"]);
  const filters = [
    {},
    { viewer },
    { viewer, project: "shop" },
    { project: "shop", states: [FAILED] },
    { states: [SUCCEEDED] },
    { builder: "c", viewer },
    { owner: "token:ann" },
    { owner: "token:ann", viewer },
    { owner: "local", project: "shop" },
    { owner: "token:a\0" },
  ];
  for (const filter of filters)
    answers.push(await all(store.list(filter)), await all(store.list(filter, "3")));
  answers.push(await store.totals(), store.kept, await all(store.oldest("local")));
  const events = await all(store.events("1", 2, Number.MAX_SAFE_INTEGER));
  expect(events.map(({ sequence }) => Number(sequence))).toEqual(events.map((_, at) => at + 2));
  answers.push(events, await all(store.events("1", 3, 4)), await all(store.events("1", 454, 500)));
  await store.remove("1");
  answers.push(await store.get("1"), await store.ofRequest("request"), await store.ofReference("of-node"));
  answers.push(await all(store.events("1", 1, 9)), await store.totals());
  return answers;
}

it("the database answers as the file of a host without one does", async () => {
  const file = new Store(await tempDir());
  onTestFinished(() => file.close());
  const { builds } = await open(await postgres.newDatabase(), "state");
  expect(await used(builds)).toEqual(await used(file.builds));
});

it("what a host writes of a build that another one has is refused, and changes nothing", async () => {
  const url = await postgres.newDatabase();
  const first = await openDatabase(url, { name: "first", stateId: "same" }, log);
  await first.builds.add(buildOf("1", RUNNING));
  await first.builds.putEvents("1", [eventOf(1)]);
  const { builds } = await open(url, "same", "second");
  expect(await builds.takeLeft()).toMatchObject([{ build: { id: "1" }, host: undefined }]);

  const taken = { reason: "BUILD_TAKEN_OVER" };
  expect(await failure(first.builds.putEvents("1", [eventOf(2, 7)]))).toMatchObject(taken);
  expect(await failure(first.builds.put(buildOf("1", RUNNING, { attempt: 9 })))).toMatchObject(taken);
  expect(await failure(first.builds.end(buildOf("1", FAILED), [eventOf(2, 7)], 1))).toMatchObject(taken);
  expect(await builds.get("1")).toEqual(buildOf("1", RUNNING));
  await builds.putEvents("1", [eventOf(2, 8)]);
  expect(await all(builds.events("1", 2, 9))).toMatchObject([{ event: { value: { output: 8 } } }]);
  await first.close();
});

it("how often a build was left in order is there for the next host, in the database and in the file", async () => {
  const url = await postgres.newDatabase();
  const [folder, first] = [await tempDir(), await openDatabase(url, { name: "first", stateId: "same" }, log)];
  const file = new Store(folder);
  const leave = async (builds: BuildStore) => {
    await builds.add(buildOf("1", RUNNING), { restart: create(RestartRecordSchema, { bake: "k" }) });
    for (const attempt of [2, 3]) await builds.handOver(buildOf("1", QUEUED, { attempt }));
  };
  await Promise.all([leave(first.builds), leave(file.builds)]);
  await Promise.all([first.close(), file.close()]);
  const again = new Store(folder);
  onTestFinished(() => again.close());
  const { builds } = await open(url, "same", "second");
  for (const left of [await builds.takeLeft(), await again.builds.takeLeft()])
    expect(left).toMatchObject([
      { build: { state: QUEUED, attempt: 3 }, record: { bake: "k", handovers: 2 } },
    ]);
});

it("a build that cannot be read is logged once, and hides no other; one that is left is taken over again", async () => {
  const url = await postgres.newDatabase();
  const first = await openDatabase(url, { name: "first", stateId: "same" }, log);
  for (const id of ["1", "2", "3", "4"]) {
    const restart = create(RestartRecordSchema, { bake: id });
    await first.builds.add(buildOf(id, RUNNING), { restart });
  }
  await first.close();
  await postgres.query(url, "UPDATE slipway.builds SET record = '\\x0aff' WHERE id = '2'");
  await postgres.query(url, "UPDATE slipway.builds SET restart = '\\x0aff' WHERE id = '3'");
  const other = "SELECT record FROM slipway.builds WHERE id = '1'";
  await postgres.query(url, `UPDATE slipway.builds SET record = (${other}) WHERE id = '4'`);

  const before = lines.length;
  const { builds } = await open(url, "same", "second");
  expect(await builds.takeLeft()).toMatchObject([
    { build: { id: "1" }, record: { bake: "1" } },
    { build: { id: "3" }, record: { obstacle: "What was stored of it cannot be read." } },
  ]);
  expect(await builds.takeLeft()).toEqual([]);
  expect((await all(builds.list())).map(({ id }) => id)).toEqual(["3", "1"]);
  expect([await builds.get("2"), await builds.get("4")]).toEqual([undefined, undefined]);
  const logged = lines.slice(before).filter((line) => line.includes("cannot be read"));
  expect(logged.map((line) => JSON.parse(line).build).sort()).toEqual(["2", "3", "4"]);

  builds.leave("3");
  expect(await builds.takeLeft()).toMatchObject([{ build: { id: "3" } }]);
});

it("the tables are made once, and those of a newer version are not touched", async () => {
  const url = await postgres.newDatabase();
  await Promise.all(["a", "b", "c"].map((name) => open(url, name)));
  expect(await postgres.query(url, "SELECT version FROM slipway.version")).toEqual([{ version: 4 }]);
  await postgres.query(url, "UPDATE slipway.version SET version = 1000");
  expect(await failure(openDatabase(url, { name: "d", stateId: "d" }, log))).toMatchObject({
    reason: "DATABASE_VERSION_UNKNOWN",
    metadata: { version: "1000" },
  });
});

it("a name belongs to one host; a host that has ended gives it back", async () => {
  const url = await postgres.newDatabase();
  const first = await openDatabase(url, { name: "n", stateId: "one" }, log);
  const second = () => openDatabase(url, { name: "n", stateId: "two" }, log);
  expect(await failure(second())).toMatchObject({ reason: "HOST_NAME_TAKEN", metadata: { name: "n" } });
  await first.close();
  await (await second()).close();
});

it("reads the password from the password file, as libpq does, and shows it nowhere", async () => {
  const url = postgres.overTcp(await postgres.newDatabase());
  const before = process.env.PGPASSFILE;
  const file = join(await tempDir(), "passwords");
  process.env.PGPASSFILE = file;
  onTestFinished(() => {
    if (before === undefined) delete process.env.PGPASSFILE;
    else process.env.PGPASSFILE = before;
  });
  expect(await failure(open(url, "state"))).toMatchObject({ reason: "DATABASE_UNUSABLE" });
  const escaped = postgresPassword.replace(/[:\\]/g, "\\$&");
  await writeFile(file, `127.0.0.1:*:*:slipway:${escaped}\n`, { mode: 0o600 });
  await open(url, "state");
  const wrong = url.replace("slipway@", "slipway:not-this@");
  const error = await openDatabase(wrong, { name: "x", stateId: "x" }, log).catch(readTypedError);
  expect(error).toMatchObject({ reason: "DATABASE_UNUSABLE" });
  expect(JSON.stringify(error)).not.toContain("not-this");
  expect(lines.join()).not.toMatch(/not-this|p:a/);
  for (const bad of ["mysql://a/b", "nonsense"])
    expect(await failure(openDatabase(bad, { name: "x", stateId: "x" }, log))).toMatchObject({
      reason: "DATABASE_URL_INVALID",
    });
});
