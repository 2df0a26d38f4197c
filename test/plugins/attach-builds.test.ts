import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { PluginState } from "../../src/gen/slipway/v1/plugin_pb.js";
import { slipwayOf } from "../cli/slipway.js";
import { bundlePlugin, installBuildkitd } from "../fixtures/plugins/install.js";
import { contextOf, fromPath, mustBuild, watchToEnd } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { lab, pidsOf, tempDir, until } from "../lab/index.js";
import { failure, isAlive } from "./harness.js";
import { type HandRun, runByHand } from "./run-by-hand.js";

const outputs = [{ type: "cacheonly" }];

/** Runs the plugin by hand. */
async function run(): Promise<HandRun> {
  const main = join(await tempDir(), "main.js");
  await bundlePlugin("buildkitd", main);
  return runByHand([process.execPath, main]);
}

/** A host with the plugin installed, and a builder on it. */
async function hostWith(options: Record<string, string> = {}, folder?: string): Promise<TestHost> {
  const plugins = await tempDir();
  await installBuildkitd(plugins);
  const host = await startHost({ plugins: [plugins], folder });
  const node = { endpoint: lab().buildkitd.address, options };
  if (!folder) await host.builders.createBuilder({ name: "b", driver: "buildkitd", node });
  return host;
}

const small = async () => fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }));

async function stateOf(host: TestHost, pid: number): Promise<PluginState | undefined> {
  const { plugins } = await host.plugins.listPlugins({});
  return plugins.find((plugin) => plugin.pid === pid)?.state;
}

/** A build whose only step counts until it is ended. */
async function startCounting(host: TestHost) {
  const mark = `count-${randomUUID()}`;
  const command = `i=0; while true; do i=$((i+1)); echo "n $i"; sleep 0.1; done; : ${mark}`;
  const context = fromPath(
    await contextOf({ Dockerfile: `FROM ${lab().registry.baseImage}\nRUN ${command}\n` }),
  );
  const { build } = await host.builds.startBuild({ spec: { builder: "b", context, outputs } });
  const id = build!.id;
  let count = 0;
  const end = watchToEnd(host, id);
  const watch = async () => {
    for await (const { event } of host.builds.watchBuild({ id })) {
      if (event?.event.case !== "progress") continue;
      for (const { data } of event.event.value.logs)
        count = Number(/n (\d+)\s*$/.exec(Buffer.from(data).toString())?.[1] ?? count);
    }
  };
  const watched = watch();
  const counts = (beyond: number) => until("the step to count", async () => count > beyond);
  await counts(0);
  return { mark, id, counts, count: () => count, end: Promise.all([end, watched]).then(([run]) => run) };
}

it.each<[string, Record<string, string>]>([
  ["its sockets", {}],
  ["tunnels", { tunnel: "true" }],
])(
  "a build through %s of an attached plugin goes on after a breakpoint, and ends with the killed process",
  async (_how, options) => {
    const host = await hostWith(options);
    const plugin = await run();
    await host.plugins.attachPlugin(plugin.reattach);
    const build = await startCounting(host);
    await plugin.pause();
    expect(await stateOf(host, plugin.reattach.pid)).toBe(PluginState.ATTACHED);
    const before = build.count();
    plugin.resume();
    await build.counts(before);

    await plugin.end("SIGKILL");
    const { finished } = await build.end;
    expect(finished).toMatchObject({
      state: BuildState.FAILED,
      error: { reason: "DRIVER_CRASHED", remedy: expect.stringContaining("attach it") },
    });
    await until("the step has ended", async () => (await pidsOf(build.mark)).length === 0, {
      within: 60_000,
    });
    await mustBuild(host, { builder: "b", context: await small(), outputs });
    const { plugins } = await host.plugins.listPlugins({});
    expect(plugins.filter(({ name }) => name === "buildkitd")).toMatchObject([
      { state: PluginState.RUNNING, restartCount: 0 },
    ]);
  },
);

it("a build finishes on the plugin that it began with, when another one is attached and detached", async () => {
  const host = await hostWith();
  const before = await startCounting(host);
  const plugin = await run();
  await host.plugins.attachPlugin(plugin.reattach);
  const during = await startCounting(host);
  await host.plugins.detachPlugin({ name: "buildkitd" });
  await before.counts(before.count());
  await during.counts(during.count());
  for (const { id, end } of [before, during]) {
    await host.builds.cancelBuild({ id });
    expect((await end).finished.state).toBe(BuildState.CANCELED);
  }
  expect(await stateOf(host, plugin.reattach.pid)).toBeUndefined();
  expect(await plugin.end("SIGTERM")).toBe(0);
});

it.each(["SIGTERM", "SIGKILL"] as const)(
  "the process outlives a host that ends by %s, and the next host attaches it when it is told to",
  async (signal) => {
    const host = await hostWith();
    const plugin = await run();
    await host.plugins.attachPlugin(plugin.reattach);
    await mustBuild(host, { builder: "b", context: await small(), outputs });
    host.process.kill(signal);
    await host.ended;
    expect(isAlive(plugin.reattach.pid)).toBe(true);

    const next = await hostWith({}, host.folder);
    expect(await stateOf(next, plugin.reattach.pid)).toBeUndefined();
    await next.plugins.attachPlugin(plugin.reattach);
    await mustBuild(next, { builder: "b", context: await small(), outputs });
    expect(await stateOf(next, plugin.reattach.pid)).toBe(PluginState.ATTACHED);
  },
);

it("an idle host stays while a plugin is attached", async () => {
  const plugins = await tempDir();
  const plugin = await run();
  const host = await startHost({ plugins: [plugins], args: ["--idle-timeout", "5s"] });
  await host.plugins.attachPlugin(plugin.reattach);
  // A second host with the same idle time, and nothing attached, ends.
  const other = await startHost({ plugins: [plugins], args: ["--idle-timeout", "5s"] });
  await other.ended;
  expect(host.process.exitCode).toBeNull();
  await host.plugins.detachPlugin({ name: "buildkitd" });
  await host.ended;
  expect(isAlive(plugin.reattach.pid)).toBe(true);
});

it("the CLI attaches by the printed line, shows the plugin, and detaches it", async () => {
  const host = await hostWith();
  const slipway = slipwayOf(host);
  const plugin = await run();
  await plugin.invited();
  const attached = await slipway(["plugins", "attach", plugin.line]);
  expect(attached.stdout).toMatch(/^buildkitd +0\.1\.0 +attached +\d+ +0 +buildkitd +unix:\/\/\//m);
  expect(await slipway(["plugins", "attach", "-"], { input: plugin.line })).toMatchObject({ code: 0 });
  const file = join(host.folder, "reattach.json");
  await writeFile(file, `${plugin.line}\n`);
  expect(await slipway(["plugins", "attach", file])).toMatchObject({ code: 0 });
  const listed = await slipway(["plugins", "ls", "--format", "json"]);
  const rows = listed.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(rows.filter(({ Name }) => Name === "buildkitd")).toMatchObject([
    { State: "attached", Pid: plugin.reattach.pid, Drivers: ["buildkitd"] },
    { State: "shadowed", Reason: expect.stringContaining(`attached, process ${plugin.reattach.pid}`) },
  ]);
  expect(await slipway(["plugins", "detach", "buildkitd"])).toMatchObject({ code: 0 });
  expect(await slipway(["plugins", "detach", "buildkitd"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('No plugin "buildkitd" is attached.'),
  });
  expect(await slipway(["plugins", "attach", "{}"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("Addr must be an object"),
  });
});

it("an address elsewhere is refused", async () => {
  const host = await hostWith();
  const { reattach } = await run();
  const remote = { ...reattach, network: "tcp", address: "192.0.2.1:7443" };
  expect(await failure(host.plugins.attachPlugin(remote))).toMatchObject({ reason: "PLUGIN_ADDRESS_REMOTE" });
});
