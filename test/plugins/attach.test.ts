import { once } from "node:events";
import { chmod, chown, mkdir, stat } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { dirname, join } from "node:path";
import { Code } from "@connectrpc/connect";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { NodeState } from "../../src/gen/slipway/common/v1/node_state_pb.js";
import { PluginState } from "../../src/gen/slipway/v1/plugin_pb.js";
import type { PluginManager } from "../../src/host/plugins/plugin-manager.js";
import type { PluginUse } from "../../src/host/plugins/plugin-use.js";
import { protocolVersions } from "../../src/plugin-protocol/process-contract.js";
import type { Reattach } from "../../src/plugin-protocol/reattach.js";
import { bundlePlugin, installBuildkitd, installRaw } from "../fixtures/plugins/install.js";
import { until } from "../lab/index.js";
import { failure, Harness, isAlive } from "./harness.js";
import { type HandRun, runByHand } from "./run-by-hand.js";

let bundles: Harness;
let main: string;
let harness: Harness;
beforeAll(async () => {
  bundles = new Harness();
  main = join(bundles.folder, "main.js");
  await bundlePlugin("buildkitd", main);
});
afterAll(() => bundles.close());
beforeEach(() => {
  harness = new Harness();
});
const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
  await harness.close();
});

const signal = new AbortController().signal;

/** Runs the plugin by hand; arguments are the names of further drivers. */
async function run(...drivers: string[]): Promise<HandRun> {
  const plugin = await runByHand([process.execPath, main, ...drivers]);
  opened.push(() => plugin.end("SIGKILL"));
  return plugin;
}

/** The state that the driver reports for a node without a daemon, which shows that it answers. */
const ask = async ({ driver }: PluginUse) => {
  const config = { node: "n0", endpoint: "unix:///nowhere" };
  return (await driver.inspect({ driver: "buildkitd", config })).status!.state;
};
const states = (manager: PluginManager) => manager.list().map(({ name, state }) => [name, state]);

test("an attached plugin takes the place of an installed one until it is detached; who uses either may finish", async () => {
  await installBuildkitd(harness.plugins);
  const manager = await harness.open();
  const installed = await manager.use("buildkitd");
  const installedPid = harness.pid(manager);

  const plugin = await run();
  const attached = await manager.attach(plugin.reattach, signal);
  const { pid, address } = plugin.reattach;
  expect(attached).toMatchObject({
    name: "buildkitd",
    version: "0.1.0",
    state: PluginState.ATTACHED,
    drivers: ["buildkitd"],
    pid,
    address: `unix://${address}`,
    path: "",
    report: { vendor: "Slipway" },
  });
  expect(manager.list()).toMatchObject([
    { state: PluginState.ATTACHED, pid },
    {
      state: PluginState.SHADOWED,
      reason: "PLUGIN_SHADOWED",
      message: expect.stringContaining(`buildkitd (attached, process ${pid})`),
    },
  ]);
  expect(manager.driverNames()).toEqual([{ driver: "buildkitd", plugin: "buildkitd" }]);
  expect(await manager.describe()).toMatchObject([{ descriptor: { name: "buildkitd" } }]);

  const debugged = await manager.use("buildkitd");
  expect([installed.isAttached, debugged.isAttached]).toEqual([false, true]);
  expect(await ask(installed)).toBe(NodeState.UNREACHABLE);
  expect(await ask(debugged)).toBe(NodeState.UNREACHABLE);

  manager.detach("buildkitd");
  expect(states(manager)).toEqual([["buildkitd", PluginState.RUNNING]]);
  expect(harness.pid(manager)).toBe(installedPid);
  expect((await manager.use("buildkitd")).isAttached).toBe(false);
  expect(await ask(debugged)).toBe(NodeState.UNREACHABLE);
  debugged.release();
  await until("the host to disconnect", async () => debugged.died.aborted);
  expect(isAlive(pid)).toBe(true);
  expect(await failure(Promise.resolve().then(() => manager.detach("buildkitd")))).toMatchObject({
    code: Code.NotFound,
    reason: "PLUGIN_NOT_ATTACHED",
  });
  expect(await plugin.end("SIGINT")).toBe(0);
  await expect(stat(dirname(address))).rejects.toMatchObject({ code: "ENOENT" });
});

test("the end of the process ends its uses, and the installed plugin is back without a restart policy", async () => {
  await installBuildkitd(harness.plugins);
  const manager = await harness.open();
  for (let round = 0; round < 6; round++) {
    const plugin = await run();
    await manager.attach(plugin.reattach, signal);
    const use = await manager.use("buildkitd");
    await plugin.end("SIGKILL");
    await until("the use to end", async () => use.died.aborted);
    expect(await failure(ask(use))).toMatchObject({
      code: Code.Unavailable,
      reason: "DRIVER_CRASHED",
      remedy: expect.stringContaining("attach it"),
    });
  }
  expect(states(manager)).toEqual([["buildkitd", PluginState.IDLE]]);
  expect((await manager.use("buildkitd")).isAttached).toBe(false);
  harness.pid(manager);
});

test("takes only some drivers of an installed plugin", async () => {
  await installBuildkitd(harness.plugins);
  const manager = await harness.open();
  const plugin = await run("second");
  await manager.attach(plugin.reattach, signal);
  expect(manager.driverNames().map(({ driver }) => driver)).toEqual(["buildkitd", "second"]);
  expect((await manager.use("second")).plugin).toBe("buildkitd");
  expect(await failure(manager.restart("nothing"))).toMatchObject({ reason: "PLUGIN_UNKNOWN" });
});

test("a plugin is attached once, and no other one with its name or drivers", async () => {
  const manager = await harness.open();
  const [plugin, other] = [await run(), await run("second")];
  const [first, ...more] = await Promise.all(
    Array.from({ length: 5 }, () => manager.attach(plugin.reattach, signal)),
  );
  expect(more).toEqual(Array(4).fill(first));
  expect(await manager.attach(plugin.reattach, signal)).toEqual(first);
  expect(await failure(manager.attach(other.reattach, signal))).toMatchObject({
    code: Code.AlreadyExists,
    reason: "PLUGIN_ATTACHED",
    message: expect.stringContaining(`process ${plugin.reattach.pid}`),
  });
  expect(states(manager)).toEqual([["buildkitd", PluginState.ATTACHED]]);
  expect(await failure(manager.restart("buildkitd"))).toMatchObject({
    code: Code.FailedPrecondition,
    reason: "PLUGIN_ATTACHED",
  });
});

test("a plugin that is paused at a breakpoint is attached once it resumes, after any start timeout", async () => {
  await installRaw(harness.plugins, "hangs-at-start");
  const manager = await harness.open({ startTimeoutMs: 300 });
  const plugin = await run();
  await plugin.pause();
  const attaching = manager.attach(plugin.reattach, signal);
  // The limit for plugins that the host starts is over then.
  expect(await failure(manager.use("raw"))).toMatchObject({ reason: "PLUGIN_START_TIMEOUT" });
  expect(states(manager)).not.toContainEqual(["buildkitd", PluginState.ATTACHED]);
  plugin.resume();
  expect(await attaching).toMatchObject({ state: PluginState.ATTACHED });
  await plugin.pause();
  const use = await manager.use("buildkitd");
  const answer = ask(use);
  plugin.resume();
  expect(await answer).toBe(NodeState.UNREACHABLE);
});

test("an attempt ends with its caller, and with the host", async () => {
  const manager = await harness.open();
  const plugin = await run();
  await plugin.pause();
  const caller = new AbortController();
  const left = failure(manager.attach(plugin.reattach, caller.signal));
  const closed = failure(manager.attach(plugin.reattach, signal));
  caller.abort();
  await left;
  await manager.close();
  await closed;
  plugin.resume();
  expect(manager.list()).toEqual([]);
});

test("the end of the host leaves the process, which the next host attaches", async () => {
  const plugin = await run();
  const first = await harness.open();
  await first.attach(plugin.reattach, signal);
  const use = await first.use("buildkitd");
  await first.close();
  expect(use.died.aborted).toBe(true);
  const next = await harness.open();
  expect(next.list()).toEqual([]);
  expect(await next.attach(plugin.reattach, signal)).toMatchObject({ state: PluginState.ATTACHED });
  expect(await ask(await next.use("buildkitd"))).toBe(NodeState.UNREACHABLE);
});

/** A server on a private socket that is no plugin. */
async function serveAt(path: string, server: Server): Promise<Reattach> {
  await mkdir(dirname(path), { mode: 0o700 });
  server.listen(path);
  await once(server, "listening");
  opened.push(async () => server.close());
  await chmod(path, 0o600);
  return {
    protocol: "grpc",
    protocolVersion: protocolVersions[0],
    pid: process.pid,
    network: "unix",
    address: path,
  };
}

test.each<[string, (socket: string, folder: string) => Promise<void>, RegExp]>([
  ["belongs to somebody else", (socket) => chown(socket, 54_321, 54_321), /belongs to user 54321/],
  [
    "is in the folder of somebody else",
    (_, folder) => chown(folder, 54_321, 54_321),
    /belongs to user 54321/,
  ],
  ["is open to its group", (socket) => chmod(socket, 0o660), /mode 0660/],
  ["is in a folder that everyone may list", (_, folder) => chmod(folder, 0o755), /mode 0755/],
])("does not connect to a socket that %s", async (_what, spoil, why) => {
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  let connections = 0;
  const folder = join(harness.folder, "p");
  const reattach = await serveAt(join(folder, "s"), server);
  await spoil(join(folder, "s"), folder);
  const manager = await harness.open();
  expect(await failure(manager.attach(reattach, signal))).toMatchObject({
    code: Code.FailedPrecondition,
    reason: "PLUGIN_UNTRUSTED",
    message: expect.stringMatching(why),
    fields: [{ field: "address" }],
  });
  expect(connections).toBe(0);
});

test("refuses what is no plugin, and a plugin that has ended", async () => {
  const manager = await harness.open();
  const silent = await serveAt(
    join(harness.folder, "p/s"),
    createServer((socket) => socket.resume().end("hello\n")),
  );
  expect(await failure(manager.attach(silent, signal))).toMatchObject({
    code: Code.Unavailable,
    reason: "PLUGIN_UNREACHABLE",
    message: expect.stringContaining("could not be attached"),
  });
  const plugin = await run();
  await plugin.end("SIGKILL");
  expect(await failure(manager.attach(plugin.reattach, signal))).toMatchObject({
    reason: "PLUGIN_PROCESS_GONE",
  });
  const stale = { ...plugin.reattach, pid: process.pid };
  expect(await failure(manager.attach(stale, signal))).toMatchObject({
    reason: "PLUGIN_UNREACHABLE",
    message: expect.stringContaining("ECONNREFUSED"),
  });
  expect(manager.list()).toEqual([]);
});
