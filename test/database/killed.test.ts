import { afterAll, beforeAll, expect, it } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { type Postgres, startPostgres } from "../lab/index.js";
import { begin, follow, gate, small, specOf, startMember, untilBegun, untilEvent } from "./team.js";

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

it("of a killed host with 6 builds running and 20 queued none is lost, and all begin elsewhere within 30 s", async () => {
  const url = await postgres.newDatabase();
  const [killed, heir] = await Promise.all([
    startMember(url, "killed", { args: ["--max-running-builds", "6"] }),
    startMember(url, "heir", { args: ["--max-running-builds", "30"] }),
  ]);
  const gates = Array.from({ length: 6 }, () => gate());
  const running = await Promise.all(gates.map(({ dockerfile }) => begin(killed, specOf(dockerfile))));
  const ofRunning = running.map((id) => follow(heir, id));
  await Promise.all(ofRunning.map(({ events }) => untilBegun(events)));
  const queued = await Promise.all(Array.from({ length: 20 }, () => begin(killed, specOf(small()))));
  const ofQueued = queued.map((id) => follow(heir, id));
  await Promise.all(ofQueued.map(({ events }) => untilEvent(events, "queued")));

  killed.process.kill("SIGKILL");
  const since = performance.now();
  await Promise.all([
    ...ofRunning.map(({ events }) => untilEvent(events, "restarted")),
    ...ofQueued.map(({ events }) => untilEvent(events, "assigned")),
  ]);
  expect(performance.now() - since).toBeLessThan(30_000);
  await Promise.all(gates.map(({ open }) => open(heir)));
  for (const { events, ended } of [...ofRunning, ...ofQueued]) {
    await ended;
    expect(events.map(({ sequence }) => Number(sequence))).toEqual(events.map((_, at) => at + 1));
    expect(events.at(-1)!.event).toMatchObject({
      case: "finished",
      value: { state: BuildState.SUCCEEDED },
    });
  }
});
