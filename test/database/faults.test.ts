import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { mustBuild, watchToEnd } from "../host/build.js";
import { ownMemory, startHost } from "../host/host.js";
import { clock } from "../host/host-with-clock.js";
import { lab, type Postgres, pidsOf, startPostgres, until } from "../lab/index.js";
import { begin, follow, gate, small, specOf, startMember, untilBegun, untilEvent } from "./team.js";

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

it("hosts whose clocks differ by ten minutes share builds, and take over only those of a host that ended", async () => {
  const url = await postgres.newDatabase();
  const [early, late] = await Promise.all([clock(), clock()]);
  await Promise.all([early.set(-300), late.set(300)]);
  const [one, other] = await Promise.all([
    startMember(url, "early", { env: early.env }),
    startMember(url, "late", { env: late.env }),
  ]);
  const gates = [gate(), gate()];
  const [ofOne, ofOther] = await Promise.all([
    begin(one, specOf(gates[0]!.dockerfile)),
    begin(other, specOf(gates[1]!.dockerfile)),
  ]);
  const [atOther, atOne] = [follow(other, ofOne), follow(one, ofOther)];
  await Promise.all([untilBegun(atOther.events), untilBegun(atOne.events)]);
  // Longer than a lease.
  await new Promise((resolve) => setTimeout(resolve, 20_000));
  for (const { events } of [atOther, atOne])
    expect(events.map(({ event }) => event.case)).not.toContain("restarted");
  const next = await mustBuild(one, specOf(small()));
  const ids = (await other.builds.listBuilds({})).builds.map(({ id }) => id);
  // Ids sort by the order of creation, whatever the clocks say.
  expect(ids[0]).toBe(next.id);

  one.process.kill("SIGKILL");
  const killed = performance.now();
  await untilEvent(atOther.events, "restarted");
  expect(performance.now() - killed).toBeLessThan(30_000);
  await Promise.all(gates.map(({ open }) => open(other)));
  for (const id of [ofOne, ofOther])
    expect((await watchToEnd(other, id)).finished.state).toBe(BuildState.SUCCEEDED);
});

it("a host that is killed while it changes the schema leaves the former one, and the next one changes it", async () => {
  const url = await postgres.newDatabase();
  const before = await startMember(url, "before");
  const { id } = await mustBuild(before, specOf(small()));
  before.process.kill("SIGTERM");
  await before.ended;
  const version = async () => (await postgres.query(url, "SELECT version FROM slipway.version"))[0]!.version;
  const newest: number = await version();
  const columns = async () =>
    (await postgres.query(url, "SELECT FROM information_schema.columns WHERE column_name = 'advertisement'"))
      .length;
  await postgres.query(url, "DROP TABLE slipway.places, slipway.turns, slipway.queue");
  await postgres.query(url, "DROP FUNCTION slipway.schedule, slipway.exchange_places");
  await postgres.query(url, "ALTER TABLE slipway.hosts DROP COLUMN advertisement");
  const former = newest - 2;
  await postgres.query(url, `UPDATE slipway.version SET version = ${former}`);

  // Whoever reads the table holds the change up.
  const reader = new pg.Client(url);
  await reader.connect();
  onTestFinished(() => reader.end());
  await reader.query("BEGIN; SELECT FROM slipway.hosts");
  const name = `killed-${randomUUID()}`;
  const killed = startHost({ args: ["--database", url, "--host-name", name] });
  killed.catch(() => {});
  const waiting =
    "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'ALTER TABLE%'";
  await until("the change to wait", async () => (await postgres.query(url, waiting)).length === 1);
  for (const pid of await pidsOf(name)) process.kill(pid, "SIGKILL");
  await expect(killed).rejects.toThrow("the host ended with SIGKILL");
  await reader.query("ROLLBACK");
  const open = "SELECT FROM pg_stat_activity WHERE application_name = 'slipway'";
  await until("the server to see it", async () => (await postgres.query(url, open)).length === 0);
  expect([await version(), await columns()]).toEqual([former, 0]);

  const next = await startMember(url, "next");
  expect([await version(), await columns()]).toEqual([newest, 1]);
  expect((await next.builds.getBuild({ id })).build?.state).toBe(BuildState.SUCCEEDED);
});

it("a watcher of another host that does not read costs no memory, holds nothing back, and misses nothing", async () => {
  const url = await postgres.newDatabase();
  const [one, other] = await Promise.all([startMember(url, "one"), startMember(url, "other")]);
  // BuildKit drops what a step writes too fast.
  const step = () => `RUN : ${randomUUID()}; for i in $(seq 150); do echo $i ${"x".repeat(1000)}; done\n`;
  const dockerfile = `FROM ${lab().registry.baseImage}\n${Array.from({ length: 40 }, step).join("")}`;
  const id = await begin(one, specOf(dockerfile));
  const slow = other.builds.watchBuild({ id })[Symbol.asyncIterator]();
  const first = await slow.next();
  const before = await ownMemory(other);
  const all = await watchToEnd(one, id);
  expect(all.finished.state).toBe(BuildState.SUCCEEDED);
  expect((await ownMemory(other)) - before).toBeLessThan(32 << 20);
  const sequences = [Number(first.value!.event!.sequence)];
  for (let next = await slow.next(); !next.done; next = await slow.next())
    sequences.push(Number(next.value.event!.sequence));
  expect(sequences).toEqual(all.events.map((_, at) => at + 1));
  expect(all.output.length).toBeGreaterThan(40 * 150 * 1000);
});
