import { randomUUID } from "node:crypto";
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { contextOf, fromPath, mustBuild, runBuild, watchToEnd } from "../host/build.js";
import { engineEnvironment, startHost, type TestHost } from "../host/host.js";
import { baseImageName, until } from "../lab/index.js";
import { startEndless } from "./harness.js";

const environment = () => engineEnvironment("engine29");

const stateOf = async (host: TestHost, id: string) => (await host.builds.getBuild({ id })).build?.state;

it("a request id that is sent several times starts one build", async () => {
  const host = await startHost();
  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }));
  const request = { requestId: randomUUID(), spec: { environment: environment(), context } };
  const answers = await Promise.all([1, 2, 3].map(() => host.builds.startBuild(request)));
  const [id] = new Set(answers.map(({ build }) => build!.id));
  await watchToEnd(host, id!);
  const { build } = await host.builds.startBuild(request);
  expect(build?.id).toBe(id);
  expect(build?.state).toBe(BuildState.SUCCEEDED);
  expect((await host.builds.listBuilds({})).builds).toHaveLength(1);
});

it("every watcher gets the same events, from any sequence number on", async () => {
  const host = await startHost();
  const context = fromPath(await contextOf({ Dockerfile: `FROM ${baseImageName}\nRUN seq 1 500\n` }));
  const run = await mustBuild(host, { environment: environment(), context, noCache: true });
  const sequences = run.events.map(({ sequence }) => Number(sequence));
  expect(sequences).toEqual(sequences.map((_, index) => index + 1));
  const again = await watchToEnd(host, run.id, 3n);
  expect(again.events).toEqual(run.events.slice(2));
});

it("a build continues without watchers, and its record survives a restart of the host", async () => {
  const host = await startHost();
  const context = fromPath(
    await contextOf({ Dockerfile: `FROM ${baseImageName}\nRUN sleep 1; echo slept\n` }),
  );
  const spec = { environment: environment(), context, noCache: true };
  const { build } = await host.builds.startBuild({ spec });
  const abort = new AbortController();
  const watch = (async () => {
    for await (const _ of host.builds.watchBuild({ id: build!.id }, { signal: abort.signal })) abort.abort();
  })();
  await expect(watch).rejects.toThrow(ConnectError);
  await until("the build ends", async () => (await stateOf(host, build!.id)) === BuildState.SUCCEEDED);
  host.process.kill("SIGTERM");
  await host.ended;
  const next = await startHost({ folder: host.folder });
  const run = await watchToEnd(next, build!.id);
  expect(run.output).toContain("slept");
  expect((await next.builds.getBuild({ id: build!.id })).build?.displayName).not.toBe("");
});

it("a build is cancelled on request, and when a watcher with cancel_on_disconnect leaves", async () => {
  const host = await startHost();
  const id = await startEndless(host, environment());
  await host.builds.cancelBuild({ id });
  const { finished } = await watchToEnd(host, id);
  expect(finished).toMatchObject({ state: BuildState.CANCELED, error: { reason: "CANCELED" } });
  expect((await host.builds.cancelBuild({ id })).build?.state).toBe(BuildState.CANCELED);

  const other = await startEndless(host, environment());
  const abort = new AbortController();
  const watch = (async () => {
    const request = { id: other, cancelOnDisconnect: true };
    for await (const _ of host.builds.watchBuild(request, { signal: abort.signal })) abort.abort();
  })();
  await expect(watch).rejects.toThrow();
  await until("the build is cancelled", async () => (await stateOf(host, other)) === BuildState.CANCELED);
});

it("a streamed output reaches its reader", async () => {
  const host = await startHost();
  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY a /a\n", a: "content of a" }));
  const outputs = [{ type: "tar", destination: { case: "stream" as const, value: {} } }];
  const { build } = await host.builds.startBuild({ spec: { environment: environment(), context, outputs } });
  const chunks: Uint8Array[] = [];
  for await (const { event } of host.builds.watchBuild({ id: build!.id })) {
    if (event?.event.case !== "outputReady") continue;
    for await (const { data } of host.builds.readOutput({ id: build!.id, output: 0 })) chunks.push(data);
  }
  expect(Buffer.concat(chunks).toString()).toContain("content of a");
  expect(await stateOf(host, build!.id)).toBe(BuildState.SUCCEEDED);
  const again = host.builds.readOutput({ id: build!.id, output: 0 })[Symbol.asyncIterator]().next();
  expect(readTypedError(await again.catch((error) => error))).toMatchObject({ reason: "BUILD_OVER" });
});

it("builds are listed in pages, the newest first", async () => {
  const host = await startHost();
  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }));
  const ids: string[] = [];
  for (let i = 0; i < 3; i++)
    ids.unshift((await mustBuild(host, { environment: environment(), context })).id);
  const first = await host.builds.listBuilds({ pageSize: 2 });
  const second = await host.builds.listBuilds({ pageSize: 2, pageToken: first.nextPageToken });
  expect([...first.builds, ...second.builds].map(({ id }) => id)).toEqual(ids);
  expect(second.nextPageToken).toBe("");
  const none = await host.builds.listBuilds({ states: [BuildState.FAILED] });
  expect(none.builds).toEqual([]);
});

it("lists have no contents of Dockerfiles, which the build itself has", async () => {
  const host = await startHost();
  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY missing /\n" }));
  const { id } = await runBuild(host, { environment: environment(), context });
  const { builds } = await host.builds.listBuilds({ states: [BuildState.FAILED] });
  expect(builds).toMatchObject([{ id, error: { sources: [{ filename: "Dockerfile" }] } }]);
  expect(builds[0]!.error!.sources[0]!.data).toHaveLength(0);
  const { build: whole } = await host.builds.getBuild({ id });
  expect(Buffer.from(whole!.error!.sources[0]!.data).toString()).toContain("COPY missing /");
});

it("an unknown build is not found", async () => {
  const host = await startHost();
  for (const call of [host.builds.getBuild({ id: "x" }), host.builds.cancelBuild({ id: "x" })]) {
    const error = readTypedError(await call.catch((cause) => cause));
    expect(error).toMatchObject({ code: Code.NotFound, reason: "BUILD_UNKNOWN" });
  }
});
