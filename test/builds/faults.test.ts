import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { contextOf, fromPath, mustBuild, watchToEnd } from "../host/build.js";
import { engineEnvironment, startHost, type TestHost } from "../host/host.js";
import { lab, pidsOf, startEngine, tempDir, until } from "../lab/index.js";
import { startEndless } from "./harness.js";

/** The names of all files and sockets below a folder. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
}

async function pluginPid(host: TestHost): Promise<number> {
  const { plugins } = await host.plugins.listPlugins({});
  return plugins.find(({ name }) => name === "docker")?.pid ?? 0;
}

it("a build whose plugin is killed fails with a typed error, and the next build starts the plugin again", async () => {
  const host = await startHost();
  const environment = engineEnvironment("engine20");
  const id = await startEndless(host, environment);
  const pid = await pluginPid(host);
  process.kill(pid, "SIGKILL");
  const { finished } = await watchToEnd(host, id);
  expect(finished).toMatchObject({ state: BuildState.FAILED, error: { reason: "DRIVER_CRASHED" } });
  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }));
  await mustBuild(host, { environment, context });
  expect(await pluginPid(host)).not.toBe(pid);
});

it("a build whose engine is killed fails with a typed error", async () => {
  const engine = await startEngine(20);
  try {
    const host = await startHost();
    const id = await startEndless(host, { DOCKER_HOST: engine.host });
    await engine.kill();
    const { finished } = await watchToEnd(host, id);
    expect(finished.state).toBe(BuildState.FAILED);
    expect(finished.error?.reason).toMatch(/ENGINE|BUILDKIT_LOST/);
    expect(finished.error?.message).not.toBe("");
  } finally {
    await engine.stop();
  }
});

it("nothing is left when the host is killed during a build", async () => {
  const host = await startHost();
  const mark = randomUUID();
  const id = await startEndless(host, engineEnvironment("engine20"), mark);
  const pid = await pluginPid(host);
  const { build } = await host.builds.getBuild({ id });
  host.process.kill("SIGKILL");
  await host.ended;
  await until("the plugin exits", async () => !(await pidsOf("dist/main.js")).includes(pid));
  await until("the step exits", async () => (await pidsOf(mark)).length === 0);

  const next = await startHost({ folder: host.folder });
  expect((await next.builds.getBuild({ id })).build).toMatchObject({ attempt: 2 });
  await next.builds.cancelBuild({ id });
  expect((await watchToEnd(next, build!.id)).finished.state).toBe(BuildState.CANCELED);
  await until("the step of the next attempt to exit", async () => (await pidsOf(mark)).length === 0);
  next.process.kill("SIGTERM");
  await next.ended;
  expect(await filesIn(join(host.folder, "run"))).toEqual([]);
});

it("a build whose start was answered is on record when the host is killed right then", async () => {
  const folder = await tempDir();
  const first = await startHost({ folder });
  const node = { endpoint: lab().buildkitd.address };
  await first.builders.createBuilder({ name: "far", driver: "remote", node });
  const spec = {
    builder: "far",
    outputs: [{ type: "cacheonly" }],
    context: fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" })),
  };
  let host = first;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const requestId = randomUUID();
    const { build } = await host.builds.startBuild({ requestId, spec });
    host.process.kill("SIGKILL");
    await host.ended;
    const next = await startHost({ folder });
    const { finished } = await watchToEnd(next, build!.id);
    expect([BuildState.SUCCEEDED, BuildState.FAILED]).toContain(finished.state);
    expect((await next.builds.getBuild({ id: build!.id })).build).toMatchObject({ state: finished.state });
    expect((await next.builds.startBuild({ requestId, spec })).build?.id).toBe(build!.id);
    host = next;
  }
});

it("a forced shutdown cancels running builds and leaves nothing", async () => {
  const host = await startHost();
  const id = await startEndless(host, engineEnvironment("engine29"));
  const watch = watchToEnd(host, id);
  await host.host.shutdown({ force: true });
  expect((await watch).finished).toMatchObject({ state: BuildState.CANCELED });
  await host.ended;
  expect(host.process.exitCode).toBe(0);
  expect(await filesIn(join(host.folder, "run"))).toEqual([]);
});
