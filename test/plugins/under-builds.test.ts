import { randomBytes, randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { PluginState } from "../../src/gen/slipway/v1/plugin_pb.js";
import { bundlePlugin, installBuildkitd, installOdd } from "../fixtures/plugins/install.js";
import { contextOf, fromPath, mustBuild, runBuild, watchToEnd } from "../host/build.js";
import { ownMemory, startHost, type TestHost } from "../host/host.js";
import { lab, pidsOf, tempDir, until } from "../lab/index.js";
import { isAlive } from "./harness.js";

const outputs = [{ type: "cacheonly" }];

/** Starts a host with a plugin that proxies BuildKit's bytes, and creates a builder on it. */
async function hostWithPlugin(builder: string, options: Record<string, string>): Promise<TestHost> {
  const plugins = await tempDir();
  await installBuildkitd(plugins);
  const host = await startHost({ plugins: [plugins] });
  const node = { endpoint: lab().buildkitd.address, options };
  await host.builders.createBuilder({ name: builder, driver: "buildkitd", node });
  return host;
}

async function pluginOf(host: TestHost) {
  const { plugins } = await host.plugins.listPlugins({});
  return plugins.find(({ name }) => name === "buildkitd")!;
}

/** Starts a build with an endless step and waits for the step; resolves with a promise of the build's end. */
async function startEndless(host: TestHost, builder: string, mark: string) {
  const command = `echo begun; while true; do sleep 0.1; done; : ${mark} ${randomUUID()}`;
  const context = fromPath(
    await contextOf({ Dockerfile: `FROM ${lab().registry.baseImage}\nRUN ${command}\n` }),
  );
  const { build } = await host.builds.startBuild({ spec: { builder, context, outputs } });
  const end = watchToEnd(host, build!.id);
  for await (const { event } of host.builds.watchBuild({ id: build!.id })) {
    if (event?.event.case === "progress" && event.event.value.logs.length > 0) return { end };
    if (event?.event.case === "finished") throw new Error(JSON.stringify(event.event.value.error?.message));
  }
  throw new Error("the build had no output");
}

/** Names of the files below a folder, not of subfolders. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
}

it.each([
  ["sockets", {}],
  ["tunnels", { tunnel: "true" }],
] as [string, Record<string, string>][])(
  "ten builds through the %s of a killed plugin end with DRIVER_CRASHED, and the next build works",
  async (_how, options) => {
    const host = await hostWithPlugin("ten", options);
    const mark = `ten-${randomUUID()}`;
    const builds = await Promise.all(Array.from({ length: 10 }, () => startEndless(host, "ten", mark)));
    expect((await pidsOf(mark)).length).toBeGreaterThanOrEqual(10);
    const { pid } = await pluginOf(host);
    process.kill(pid, "SIGKILL");
    for (const { finished } of await Promise.all(builds.map(({ end }) => end))) {
      expect(finished.state).toBe(BuildState.FAILED);
      expect(finished.error).toMatchObject({ reason: "DRIVER_CRASHED", code: Code.Unavailable });
      expect(finished.error!.message).toMatch(/^The plugin buildkitd crashed: it was ended by SIGKILL/);
      expect(finished.error!.remedy).toMatch(/Try again/);
    }
    const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }));
    await mustBuild(host, { builder: "ten", context, outputs });
    const again = await pluginOf(host);
    expect(again).toMatchObject({ state: PluginState.RUNNING, restartCount: 1 });
    expect([isAlive(pid), again.pid === pid]).toEqual([false, false]);
    await until("the steps have ended", async () => (await pidsOf(mark)).length === 0, { within: 60_000 });
    // The killed plugin's socket folder is removed; after shutdown all folders are.
    const { plugins } = await host.plugins.listPlugins({});
    const running = plugins.filter((plugin) => plugin.pid > 0);
    expect(await readdir(join(host.folder, "run/p"))).toHaveLength(running.length);
    await host.host.shutdown({});
    await host.ended;
    expect(await filesIn(join(host.folder, "run"))).toEqual([]);
    expect(await filesIn(join(host.folder, "state/uploads"))).toEqual([]);
    expect(isAlive(again.pid)).toBe(false);
  },
);

it("10 000 log lines per second neither stop a build nor fill the host's memory, and dropped lines are counted", async () => {
  const host = await hostWithPlugin("loud", { noise: "10000" });
  const before = await ownMemory(host);
  const files = {
    Dockerfile: `FROM ${lab().registry.baseImage}\nCOPY large /\nRUN sleep 3; sha256sum /large\n`,
  };
  const context = fromPath(await contextOf({ ...files, large: randomBytes(8 << 20).toString("hex") }));
  const { output } = await mustBuild(host, { builder: "loud", context, outputs });
  expect(output).toMatch(/^[0-9a-f]{64} {2}\/large/m);
  const { lastLines, restartCount } = await pluginOf(host);
  expect(restartCount).toBe(0);
  expect(lastLines).toHaveLength(50);
  expect((await ownMemory(host)) - before).toBeLessThan(200 << 20);

  // Dropped lines are reported at the end of the second or of the process; then every line is logged or counted.
  await host.host.shutdown({});
  await host.ended;
  const lines = host.log().split("\n");
  const numbers = lines.flatMap((line) => /"noise (\d+) /.exec(line)?.[1] ?? []).map(Number);
  const dropped = lines.flatMap((line) => /"(\d+) lines were dropped: more than 500/.exec(line)?.[1] ?? []);
  const written = Math.max(...lastLines.map((line) => Number(/^noise (\d+) /.exec(line)?.[1] ?? 0)));
  expect(written).toBeGreaterThan(10_000);
  const counted = numbers.length + dropped.reduce((sum, count) => sum + Number(count), 0);
  expect(counted).toBeGreaterThanOrEqual(written);
});

it("10 000 lines per second of a boot all arrive, in order", async () => {
  const plugins = await tempDir();
  const bundle = join(plugins, "odd.js");
  await bundlePlugin("odd", bundle);
  await installOdd(plugins, "chatty", bundle);
  const host = await startHost({ plugins: [plugins] });
  await host.builders.createBuilder({ name: "chatty", driver: "odd" });
  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }));
  const { events, finished } = await runBuild(host, { builder: "chatty", context });
  const logs = events.map(({ event }) =>
    event.case === "bootstrap" ? (event.value.progress?.log ?? "") : "",
  );
  const numbers = logs.flatMap((log) => /^line (\d+) /.exec(log)?.[1] ?? []).map(Number);
  expect(numbers).toEqual(Array.from({ length: 20_000 }, (_, index) => index + 1));
  // The node boots but has no BuildKit.
  expect(finished.error).toMatchObject({ reason: "DRIVER_FAULT", message: "there is nothing to connect to" });
});
