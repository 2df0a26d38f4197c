import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type BuildEvent, BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { BuildService } from "../../src/gen/slipway/v1/build_pb.js";
import { hashToken, newToken, writeAccessFile } from "../../src/host/access/access-file.js";
import type { Role } from "../../src/host/access/principal.js";
import { contextOf, fromPath, watchToEnd } from "../host/build.js";
import { failure } from "../host/failure.js";
import { startHost } from "../host/host.js";
import { tokenTransport } from "../host/token-transport.js";
import { freePort, lab, type Postgres, pauseProcess, startPostgres, tempDir, until } from "../lab/index.js";
import { begin, follow, gate, small, specOf, startMember, untilBegun, untilEvent } from "./team.js";

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

const sequences = (events: readonly BuildEvent[]) => events.map(({ sequence }) => Number(sequence));
const oneByOne = (events: readonly BuildEvent[]) => events.map((_, at) => at + 1);

it("any host shows, lists, watches and cancels the builds of the others; outputs are at their host alone", async () => {
  const url = await postgres.newDatabase();
  const [one, other] = await Promise.all([startMember(url, "one"), startMember(url, "other")]);
  const { dockerfile, open } = gate();
  const requestId = randomUUID();
  const spec = specOf(dockerfile, { outputs: [{ type: "tar", destination: { case: "stream", value: {} } }] });
  const id = await begin(one, spec, requestId);
  const [here, there] = [follow(one, id), follow(other, id)];
  await untilBegun(there.events);

  expect(await begin(other, spec, requestId)).toBe(id);
  expect((await other.builds.getBuild({ id })).build).toMatchObject({
    state: BuildState.RUNNING,
    attempt: 1,
  });
  const running = (await other.builds.listBuilds({ states: [BuildState.RUNNING] })).builds;
  expect(running.map((build) => build.id)).toEqual([id]);
  const read = async () => {
    for await (const _ of other.builds.readOutput({ id, output: 0 })) break;
  };
  expect(await failure(read())).toMatchObject({ reason: "BUILD_ELSEWHERE", metadata: { host: "one" } });
  const cancelled = await begin(one, specOf(gate().dockerfile));
  await untilBegun(follow(other, cancelled).events);
  await other.builds.cancelBuild({ id: cancelled });
  expect((await watchToEnd(other, cancelled)).finished.state).toBe(BuildState.CANCELED);

  await open(other);
  await untilEvent(there.events, "outputReady");
  for await (const _ of one.builds.readOutput({ id, output: 0 }));
  await Promise.all([here.ended, there.ended]);
  expect(there.events).toEqual(here.events);
  expect(sequences(there.events)).toEqual(oneByOne(there.events));
  const [ofOne, ofOther] = await Promise.all([one, other].map(({ builds }) => builds.listBuilds({})));
  expect(ofOther!.builds.map((build) => build.id)).toContain(id);
  expect(ofOther!.builds).toEqual(ofOne!.builds);

  await expect(startHost({ args: ["--database", url, "--host-name", "one"] })).rejects.toThrow(
    "Another host of the database has the name one.",
  );
});

it("a host that is told to stop leaves the builds that wait to the others", async () => {
  const url = await postgres.newDatabase();
  const [stops, stays] = await Promise.all([
    startMember(url, "stops", { args: ["--max-running-builds", "1"] }),
    startMember(url, "stays"),
  ]);
  const running = await begin(stops, specOf(gate().dockerfile));
  await untilBegun(follow(stays, running).events);
  const waiting = await begin(stops, specOf(small()));
  const ofWaiting = follow(stays, waiting);
  await untilEvent(ofWaiting.events, "queued");

  stops.process.kill("SIGTERM");
  await until("the stop to begin", () => stops.log().includes('"Stopping"'));
  await stays.builds.cancelBuild({ id: running });
  await stops.ended;
  expect(stops.process.exitCode).toBe(0);
  await ofWaiting.ended;
  expect(sequences(ofWaiting.events)).toEqual(oneByOne(ofWaiting.events));
  const cases = ofWaiting.events.map(({ event }) => event.case);
  expect(cases).toContain("assigned");
  expect(cases).not.toContain("restarted");
  expect((await stays.builds.getBuild({ id: waiting })).build?.state).toBe(BuildState.SUCCEEDED);
  expect((await stays.builds.getBuild({ id: running })).build?.state).toBe(BuildState.CANCELED);
});

it("a build is not taken over when its owner has lost the role meanwhile", async () => {
  const url = await postgres.newDatabase();
  const [token, file] = [newToken(), join(await tempDir(), "access.toml")];
  const allow = (role: Role) =>
    writeAccessFile(file, {
      tokens: [{ name: "ann", hash: hashToken(token), role, groups: [] }],
      certificates: [],
    });
  await allow("builder");
  const ports = [await freePort(), await freePort()];
  const tcp = (port?: number) => ["--tcp", `127.0.0.1:${port}`, "--token-file", file];
  const [stops, stays] = await Promise.all([
    startMember(url, "stops", { args: ["--max-running-builds", "1", ...tcp(ports[0])] }),
    startMember(url, "stays", { args: tcp(ports[1]) }),
  ]);
  const running = await begin(stops, specOf(gate().dockerfile));
  await untilBegun(follow(stays, running).events);
  const ann = createClient(BuildService, tokenTransport(ports[0]!, token));
  const { build } = await ann.startBuild({ spec: specOf(small()) });
  await untilEvent(follow(stays, build!.id).events, "queued");

  await allow("viewer");
  const others = createClient(BuildService, tokenTransport(ports[1]!, token));
  await until("the host to know it", async () => {
    const refusal = await failure(others.startBuild({ spec: specOf(small()) }));
    return refusal.reason === "ROLE_REQUIRED";
  });
  stops.process.kill("SIGTERM");
  await until("the stop to begin", () => stops.log().includes('"Stopping"'));
  await stays.builds.cancelBuild({ id: running });
  expect((await watchToEnd(stays, build!.id)).finished.error).toMatchObject({
    reason: "HOST_STOPPED",
    message: expect.stringContaining("token:ann may not start builds any more."),
  });
});

it("another host takes over the builds of one that was killed and of one that was paused, whose late writes are refused", async () => {
  const url = await postgres.newDatabase();
  const one = ["--max-running-builds", "1"];
  const [killed, paused, heir] = await Promise.all([
    startMember(url, "killed", { args: one }),
    startMember(url, "paused"),
    startMember(url, "heir"),
  ]);
  const gates = [gate(), gate()];
  const [ofKilled, ofPaused] = await Promise.all([
    begin(killed, specOf(gates[0]!.dockerfile)),
    begin(paused, specOf(gates[1]!.dockerfile)),
  ]);
  const atHeir = follow(heir, ofKilled);
  const atPaused = follow(paused, ofPaused);
  await Promise.all([untilBegun(atHeir.events), untilBegun(atPaused.events)]);
  const waiting = await begin(killed, specOf(small()));
  const folder = await contextOf({ Dockerfile: small() });
  const bound = await begin(killed, specOf("", { context: fromPath(folder), dockerfile: undefined }));

  killed.process.kill("SIGKILL");
  await killed.ended;
  await pauseProcess(paused.process.pid!);
  const ofHeir = follow(heir, ofPaused);
  await Promise.all([untilEvent(atHeir.events, "restarted"), untilEvent(ofHeir.events, "restarted")]);
  // Its build still waits for the end of the step, and records that.
  paused.process.kill("SIGCONT");
  await until("the host to see it", async () => {
    const { build } = await paused.builds.getBuild({ id: ofPaused });
    return build?.attempt === 2;
  });
  await Promise.all(gates.map(({ open }) => open(heir)));
  await Promise.all([atHeir, atPaused, ofHeir].map(({ ended }) => ended));
  expect(atPaused.events).toEqual(ofHeir.events);
  for (const { events } of [atHeir, ofHeir]) {
    expect(sequences(events)).toEqual(oneByOne(events));
    expect(events.at(-1)?.event).toMatchObject({ case: "finished", value: { state: BuildState.SUCCEEDED } });
    const restarts = events.flatMap(({ event }) => (event.case === "restarted" ? [event.value] : []));
    expect(restarts).toMatchObject([{ attempt: 2, reason: "HOST_STOPPED" }]);
  }
  expect((await watchToEnd(heir, waiting)).finished.state).toBe(BuildState.SUCCEEDED);
  expect((await heir.builds.getBuild({ id: waiting })).build?.attempt).toBe(1);

  // What needs the files of the killed host's machine waits for that host.
  expect((await heir.builds.getBuild({ id: bound })).build?.state).toBe(BuildState.QUEUED);
  await startMember(url, "killed", { folder: killed.folder });
  expect((await watchToEnd(heir, bound)).finished.state).toBe(BuildState.SUCCEEDED);
});

it("while the database is away, builds go on and are written later, and new ones are refused", async () => {
  const url = await postgres.newDatabase();
  const [one, other] = await Promise.all([startMember(url, "one"), startMember(url, "other")]);
  const { dockerfile, open } = gate();
  const long = await begin(one, specOf(dockerfile));
  await untilBegun(follow(one, long).events);
  const step = `: ${randomUUID()}; echo begun; sleep 5; echo ends`;
  const short = await begin(one, specOf(`FROM ${lab().registry.baseImage}\nRUN ${step}\n`));
  const [atOne, atOther] = [follow(one, short), follow(other, short)];
  await untilBegun(atOther.events);

  await postgres.kill();
  const away = performance.now();
  expect(await failure(begin(one, specOf(small())))).toMatchObject({ reason: "DATABASE_UNAVAILABLE" });
  expect(await failure(other.builds.listBuilds({}))).toMatchObject({ reason: "DATABASE_UNAVAILABLE" });
  await until("the build to end", async () => {
    const { build } = await one.builds.getBuild({ id: short });
    return build?.state === BuildState.SUCCEEDED;
  });
  // Longer than the leases of the hosts.
  await until("20 s to pass", () => performance.now() - away > 20_000);
  await postgres.start();

  await Promise.all([atOne, atOther].map(({ ended }) => ended));
  expect(atOther.events).toEqual(atOne.events);
  const late = await watchToEnd(other, short);
  expect(late.finished.state).toBe(BuildState.SUCCEEDED);
  expect(late.output).toBe("begun\nends\n");
  expect(sequences(late.events)).toEqual(oneByOne(late.events));
  await open(other);
  const all = await watchToEnd(other, long);
  expect(all.finished.state).toBe(BuildState.SUCCEEDED);
  expect(all.output).toMatch(/^begun\n(waits\n)+ends\n$/);
  for (const id of [short, long]) expect((await other.builds.getBuild({ id })).build?.attempt).toBe(1);
});
