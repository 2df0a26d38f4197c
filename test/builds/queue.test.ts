import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Code, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { expect, it } from "vitest";
import { ContextSchema, DockerfileSchema } from "../../src/gen/slipway/build/v1/context_pb.js";
import { BuildState, QueueReason } from "../../src/gen/slipway/v1/build_event_pb.js";
import { BuildService } from "../../src/gen/slipway/v1/build_pb.js";
import { hashToken, newToken, writeAccessFile } from "../../src/host/access/access-file.js";
import { slipwayOf } from "../cli/slipway.js";
import { contextOf, type SpecInit, watchToEnd } from "../host/build.js";
import { failure } from "../host/failure.js";
import { startHost, type TestHost } from "../host/host.js";
import { freePort, lab, tempDir, until } from "../lab/index.js";
import { startLeaser } from "./leaser.js";

const context = create(ContextSchema, { source: { case: "empty", value: {} } });
const dockerfile = (content: string) =>
  create(DockerfileSchema, { source: { case: "content", value: Buffer.from(content) } });

/** A small build. */
const specOf = (more: SpecInit = {}): SpecInit => ({
  builder: "shared",
  context,
  dockerfile: dockerfile("FROM scratch\nLABEL a=b\n"),
  outputs: [{ type: "cacheonly" }],
  ...more,
});

/** A host with the builder "shared" and these limits. */
async function start(...args: string[]) {
  const host = await startHost({ args });
  const node = { endpoint: lab().buildkitd.address };
  await host.builders.createBuilder({ name: "shared", driver: "remote", node });
  return { host, ...buildsOn(host) };
}

function buildsOn(host: Pick<TestHost, "builds">) {
  const build = (more?: SpecInit) => idOf(host, specOf(more));
  return {
    /** Starts a small build, and returns its id. */
    build,
    /** Starts a build that runs until it is cancelled, and returns its id. */
    occupy: (more: SpecInit = {}) => {
      const step = `RUN : ${randomUUID()}; while true; do sleep 0.1; done`;
      return build({ dockerfile: dockerfile(`FROM ${lab().registry.baseImage}\n${step}\n`), ...more });
    },
  };
}

async function idOf({ builds }: Pick<TestHost, "builds">, spec: SpecInit): Promise<string> {
  return (await builds.startBuild({ spec })).build!.id;
}

/** The first place that a build is told. */
async function placeOf({ builds }: Pick<TestHost, "builds">, id: string) {
  for await (const { event } of builds.watchBuild({ id }))
    if (event!.event.case === "queued") return event!.event.value;
  throw new Error(`Build ${id} did not wait.`);
}

const stateOf = async ({ builds }: TestHost, id: string) => (await builds.getBuild({ id })).build!.state;

it("a build for which there is no place waits without a node, is shown as waiting, and runs in its turn", async () => {
  const { host, log } = await startLeaser("plain", { args: ["--max-running-builds", "1"] });
  const { build, occupy } = buildsOn(host);
  const builder = "leased";
  const small = await contextOf({ Dockerfile: "FROM scratch\nLABEL a=b\n" });
  const first = await occupy({ builder });
  const second = await build({ builder });
  expect(await placeOf(host, second)).toMatchObject({
    place: 1,
    reason: QueueReason.HOST,
    message: "The host has as many running builds as it may: 1.",
  });
  expect(await stateOf(host, second)).toBe(BuildState.QUEUED);
  const slipway = slipwayOf(host);
  const { stdout } = await slipway(["builds", "ls"]);
  expect(stdout).toMatch(new RegExp(`^${second}\\s.*\\squeued \\(place 1\\)\\s`, "m"));
  const waiting = [
    "--filter",
    "state=queued",
    "--filter",
    "owner=local",
    "--filter",
    `name=${second.slice(-9)}`,
  ];
  const listed = await slipway(["builds", "ls", "--format", "json", ...waiting]);
  expect(JSON.parse(listed.stdout)).toMatchObject({ ID: second, Queued: { Place: 1, Reason: "host" } });
  expect((await slipway(["builds", "ls", "--filter", "owner=nobody", "--format", "json"])).stdout).toBe("");
  await until("the lease of the build that waits to end", async () =>
    (await log()).some(({ event, buildId }) => event === "released" && buildId === second),
  );
  const shown = ["plain", "rawjson"].map((progress) =>
    slipway(["build", "--builder", "leased", "--progress", progress, "--output", "type=cacheonly", small]),
  );
  await until("all to wait", async () => {
    const { builds } = await host.builds.listBuilds({ states: [BuildState.QUEUED] });
    return builds.length === 3;
  });
  await Promise.all(
    (await host.builds.listBuilds({ states: [BuildState.QUEUED] })).builds.map(({ id }) => placeOf(host, id)),
  );

  await host.builds.cancelBuild({ id: first });
  const { finished, events } = await watchToEnd(host, second);
  expect(finished.state).toBe(BuildState.SUCCEEDED);
  const cases = events.map(({ event }) => event.case);
  expect(cases.slice(0, 2)).toEqual(["accepted", "queued"]);
  expect(cases.filter((each) => each === "assigned" || each === "started")).toEqual(["assigned", "started"]);
  expect(events.map(({ sequence }) => Number(sequence))).toEqual(events.map((_, index) => index + 1));
  // What was stored is what was watched.
  expect((await watchToEnd(host, second)).events).toEqual(events);
  const [plain, raw] = await Promise.all(shown);
  expect([plain!.code, raw!.code]).toEqual([0, 0]);
  const { Queued, Steps } = JSON.parse((await slipway(["builds", "inspect", second])).stdout);
  expect(Queued).toBeUndefined();
  expect(Steps.Cached + Steps.Run).toBeGreaterThan(0);
  expect(plain!.stderr).toMatch(/\[internal\] waiting in the queue\n#\d+ \S+ place \d: The host has as many/);
  expect(raw!.stderr).toContain('"name":"[internal] waiting in the queue"');

  // Nothing of this is seen when there is room.
  const free = await watchToEnd(host, await build({ builder }));
  expect(free.events.some(({ event }) => event.case === "queued" || event.case === "assigned")).toBe(false);
  const quick = await slipway([
    "build",
    "--builder",
    "leased",
    "--progress",
    "plain",
    "--output",
    "type=cacheonly",
    small,
  ]);
  expect(quick.stderr).not.toContain("queue");
});

it("a wait ends when it is cancelled or too long, a full queue refuses, and a build that runs too long fails", async () => {
  const { host, build, occupy } = await start("--limit", "running-builds=1", "--limit", "queued-builds=1");
  const first = await occupy();
  const late = await build({ queueTimeout: durationFromMs(300) });
  expect((await watchToEnd(host, late)).finished).toMatchObject({
    state: BuildState.FAILED,
    error: { reason: "QUEUE_TIMEOUT", code: Code.DeadlineExceeded },
  });
  const small = await contextOf({ Dockerfile: "FROM scratch\nLABEL a=b\n" });
  const cli = ["build", "--builder", "shared", "--output", "type=cacheonly", "--project", "shop", small];
  expect(await slipwayOf(host)([...cli, "--queue-timeout", "300ms", "--run-timeout", "1h"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("The build waited in the queue for 0.3 s"),
  });
  const [newest] = (await host.builds.listBuilds({ pageSize: 1 })).builds;
  const { spec } = (await host.builds.getBuild({ id: newest!.id })).build!;
  expect(spec).toMatchObject({ project: "shop", runTimeout: durationFromMs(3_600_000) });
  expect((await slipwayOf(host)([...cli, "--queue-timeout", "0"])).stderr).toContain("--queue-timeout");
  const cancelled = await build();
  const refusal = await failure(host.builds.startBuild({ spec: specOf() }));
  expect(refusal).toMatchObject({
    code: Code.ResourceExhausted,
    reason: "QUEUE_FULL",
    metadata: { limit: "1" },
    remedy: "Start it when fewer builds wait.",
  });
  await host.builds.cancelBuild({ id: cancelled });
  expect((await watchToEnd(host, cancelled)).finished.state).toBe(BuildState.CANCELED);
  expect(await stateOf(host, first)).not.toBe(BuildState.CANCELED);

  const long = await occupy({ runTimeout: durationFromMs(300) });
  await host.builds.cancelBuild({ id: first });
  expect((await watchToEnd(host, long)).finished).toMatchObject({
    state: BuildState.FAILED,
    error: { reason: "BUILD_TIMEOUT", code: Code.DeadlineExceeded },
  });
  expect((await watchToEnd(host, await build())).finished.state).toBe(BuildState.SUCCEEDED);
});

it("projects, builders and linked targets have their places", async () => {
  const { host, build, occupy } = await start("--limit", "project-builds=1");
  const node = { endpoint: lab().buildkitd.address };
  const { builder } = await host.builders.createBuilder({
    name: "narrow",
    driver: "remote",
    node,
    maxRunningBuilds: 1,
  });
  expect(builder?.maxRunningBuilds).toBe(1);
  const shop = await occupy({ project: "shop" });
  const narrow = await occupy({ builder: "narrow", project: "other" });
  const [sameProject, sameBuilder] = [await build({ project: "shop" }), await build({ builder: "narrow" })];
  expect(await placeOf(host, sameProject)).toMatchObject({
    reason: QueueReason.PROJECT,
    message: "The project shop has as many running builds as it may: 1.",
  });
  expect(await placeOf(host, sameBuilder)).toMatchObject({ reason: QueueReason.BUILDER });
  // Others go on meanwhile, and targets that need each other run together.
  const base = { source: { case: "target" as const, value: "base" } };
  const targets = [
    {
      name: "user",
      spec: specOf({
        project: "linked",
        dockerfile: dockerfile("FROM base\nLABEL c=d\n"),
        namedContexts: { base },
      }),
    },
    {
      name: "base",
      spec: specOf({ project: "linked", dockerfile: dockerfile(`FROM ${lab().registry.baseImage}\n`) }),
    },
  ];
  const bake = await host.bakes.startBake({ targets });
  for (const target of bake.targets)
    expect((await watchToEnd(host, target.build!.id)).finished.state).toBe(BuildState.SUCCEEDED);
  for (const [id, next] of [
    [shop, sameProject],
    [narrow, sameBuilder],
  ] as const) {
    await host.builds.cancelBuild({ id });
    expect((await watchToEnd(host, next)).finished.state).toBe(BuildState.SUCCEEDED);
  }
});

it("principals share the places and learn nothing of each other, and only admins may go first", async () => {
  const tokens = { ann: newToken(), bob: newToken() };
  const file = join(await tempDir(), "access.toml");
  const entryOf = (name: keyof typeof tokens) => ({
    name,
    role: "builder" as const,
    hash: hashToken(tokens[name]),
    groups: [],
  });
  await writeAccessFile(file, { tokens: [entryOf("ann"), entryOf("bob")], certificates: [] });
  const port = await freePort();
  const { host, build, occupy } = await start(
    "--max-running-builds",
    "1",
    "--tcp",
    `127.0.0.1:${port}`,
    "--token-file",
    file,
  );
  const clientOf = (name: keyof typeof tokens) => {
    const transport = createConnectTransport({
      baseUrl: `http://127.0.0.1:${port}`,
      httpVersion: "1.1",
      interceptors: [
        (next) => (request) => {
          request.header.set("authorization", `Bearer ${tokens[name]}`);
          return next(request);
        },
      ],
    });
    const builds = createClient(BuildService, transport);
    return { builds, ...buildsOn({ builds }) };
  };
  const [ann, bob] = [clientOf("ann"), clientOf("bob")];
  const first = await occupy();
  const ofAnn = [await ann.build(), await ann.build(), await ann.build()];
  const ofBob = await bob.build();
  const place = await placeOf(bob, ofBob);
  expect(place.place).toBe(2);
  expect(JSON.stringify(place)).not.toMatch(/ann/);
  expect(await failure(bob.build({ priority: 1 }))).toMatchObject({ reason: "ROLE_REQUIRED" });
  const urgent = await build({ priority: 1 });

  await host.builds.cancelBuild({ id: first });
  const ends = await Promise.all(
    [...ofAnn, ofBob, urgent].map(async (id) => {
      const { events } = await watchToEnd(host, id);
      const { time } = events.find(({ event }) => event.case === "assigned")!;
      return { id, at: Number(time!.seconds) * 1e9 + time!.nanos };
    }),
  );
  const order = ends.sort((a, b) => a.at - b.at).map(({ id }) => id);
  expect(order).toEqual([urgent, ofAnn[0], ofBob, ofAnn[1], ofAnn[2]]);
});

it("a builder that is gone when the turn comes fails the build", async () => {
  const { host, build, occupy } = await start("--max-running-builds", "1");
  const node = { endpoint: lab().buildkitd.address };
  await host.builders.createBuilder({ name: "gone", driver: "remote", node });
  const first = await occupy();
  const orphan = await build({ builder: "gone" });
  await host.builders.removeBuilder({ name: "gone" });
  await host.builds.cancelBuild({ id: first });
  expect((await watchToEnd(host, orphan)).finished.error).toMatchObject({ reason: "BUILDER_UNKNOWN" });
});
