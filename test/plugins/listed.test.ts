import { createHash } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { PluginState } from "../../src/gen/slipway/v1/plugin_pb.js";
import { slipwayOf } from "../cli/slipway.js";
import { bundlePlugin, writeManifest } from "../fixtures/plugins/install.js";
import { contextOf, fromPath, mustBuild } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { lab, pauseProcess, tempDir } from "../lab/index.js";
import { failure, isAlive } from "./harness.js";

/** Installs a plugin with the driver `buildkitd`, and with further drivers that do the same. */
async function install(folder: string, name: string, more: string[] = [], manifest: object = {}) {
  const command = [process.execPath, "main.js", ...more];
  await bundlePlugin("buildkitd", join(folder, name, "main.js"));
  await writeManifest(join(folder, name), { name, drivers: ["buildkitd", ...more], command, ...manifest });
}

async function pluginsOf(host: TestHost) {
  const { plugins } = await host.plugins.listPlugins({});
  return new Map(plugins.map((plugin) => [plugin.name, plugin]));
}

/** Returns the plugin of each driver. */
async function ownersOf(host: TestHost) {
  const { drivers } = await host.plugins.listDrivers({});
  const owners = drivers.map(({ name, plugin }) => [name, plugin]);
  return Object.fromEntries(owners.filter(([driver]) => /^(buildkitd|extra)$/.test(driver!)));
}

it("the first plugin on the search path provides a driver, and lists show that", async () => {
  const [one, two] = [await tempDir(), await tempDir()];
  await install(one, "first");
  await install(two, "second", ["extra"]);
  await install(two, "third");
  const host = await startHost({ plugins: [one, two] });
  expect(await ownersOf(host)).toEqual({ buildkitd: "first", extra: "second" });
  const plugins = await pluginsOf(host);
  expect(plugins.get("first")).toMatchObject({ state: PluginState.RUNNING, reason: "" });
  expect(plugins.get("second")).toMatchObject({
    state: PluginState.RUNNING,
    drivers: ["extra"],
    reason: "PLUGIN_DRIVER_TAKEN",
    message: "the driver buildkitd is taken from the plugin first",
  });
  expect(plugins.get("third")).toMatchObject({
    state: PluginState.SHADOWED,
    pid: 0,
    reason: "PLUGIN_SHADOWED",
    message: "the driver buildkitd is taken from the plugin first",
  });
  const { stdout } = await slipwayOf(host)(["plugins", "list"]);
  expect(stdout).toMatch(/^second +0\.1\.0 +running +\d+ +0 +extra /m);
  expect(stdout).toContain("\nsecond: the driver buildkitd is taken from the plugin first\n");
  expect(stdout).toContain("\nthird is shadowed: the driver buildkitd is taken from the plugin first\n");

  const node = { endpoint: lab().buildkitd.address };
  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }));
  for (const driver of ["buildkitd", "extra"]) {
    await host.builders.createBuilder({ name: driver, driver, node });
    await mustBuild(host, { builder: driver, context, outputs: [{ type: "cacheonly" }] });
  }
  // Only the order decides.
  const reversed = await startHost({ plugins: [two, one] });
  expect(await ownersOf(reversed)).toEqual({ buildkitd: "second", extra: "second" });
  expect((await pluginsOf(reversed)).get("first")).toMatchObject({
    state: PluginState.SHADOWED,
    reason: "PLUGIN_SHADOWED",
    message: "the driver buildkitd is taken from the plugin second",
  });
});

it("lists plugins with a wrong checksum, an invalid manifest or another platform with the reason", async () => {
  const folder = await tempDir();
  const command = ["./main.js"];
  await install(folder, "elsewhere", [], { command: undefined, platforms: { "darwin-arm64": { command } } });
  await install(folder, "nonsense", [], { drivers: ["Not A Name"], protocols: [] });
  await install(folder, "tampered", [], { sha256: { "main.js": "0".repeat(64) } });
  const host = await startHost({ plugins: [folder] });
  const node = { endpoint: lab().buildkitd.address };
  const error = await failure(host.builders.createBuilder({ driver: "buildkitd", node }));
  const digest = createHash("sha256")
    .update(await readFile(join(folder, "tampered/main.js")))
    .digest("hex");
  expect(error).toMatchObject({ reason: "PLUGIN_CHECKSUM_MISMATCH", metadata: { plugin: "tampered" } });
  expect(error.message).toContain(`main.js has SHA-256 ${digest}`);

  const plugins = await pluginsOf(host);
  const reasons = Object.fromEntries(
    ["elsewhere", "nonsense"].map((name) => [name, plugins.get(name)!.message]),
  );
  expect(reasons.elsewhere).toContain(`${process.platform}-${process.arch}`);
  expect(reasons.nonsense).toMatch(/drivers must be a list.*; protocols must be a list/);
  expect(plugins.get("tampered")).toMatchObject({ pid: 0, restartCount: expect.any(Number) });
  const { stdout, code } = await slipwayOf(host)(["plugins", "list"]);
  expect(code).toBe(0);
  for (const name of ["elsewhere", "nonsense"])
    expect(stdout).toContain(`\n${name} is invalid: ${reasons[name]}\n`);
  // Each command lists the drivers, so it tries to start the plugin, until that is quarantined.
  expect(stdout).toMatch(/\ntampered is (backoff|quarantined): .*main\.js has SHA-256 [0-9a-f]{64}/);

  // After a repair it works.
  await rm(join(folder, "tampered"), { recursive: true });
  await install(folder, "tampered", [], { sha256: { "main.js": digest } });
  await host.plugins.restartPlugin({ name: "tampered" });
  await host.builders.createBuilder({ driver: "buildkitd", node });
  await writeFile(join(folder, "tampered/main.js"), "\n", { flag: "a" });
  expect(await failure(host.plugins.restartPlugin({ name: "tampered" }))).toMatchObject({
    reason: "PLUGIN_CHECKSUM_MISMATCH",
  });
});

it("a plugin that never answers Shutdown, nor SIGTERM, is killed", async () => {
  const folder = await tempDir();
  await install(folder, "deaf");
  const host = await startHost({ plugins: [folder] });
  const node = { endpoint: lab().buildkitd.address };
  await host.builders.createBuilder({ name: "deaf", driver: "buildkitd", node });
  const { pid } = (await pluginsOf(host)).get("deaf")!;
  await pauseProcess(pid);
  const { plugin } = await host.plugins.restartPlugin({ name: "deaf" });
  expect(isAlive(pid)).toBe(false);
  expect(plugin).toMatchObject({ state: PluginState.RUNNING, reason: "" });
  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }));
  await mustBuild(host, { builder: "deaf", context, outputs: [{ type: "cacheonly" }] });

  // It does not delay the shutdown either.
  await pauseProcess(plugin!.pid);
  await host.host.shutdown({});
  await host.ended;
  expect([host.process.exitCode, isAlive(plugin!.pid)]).toEqual([0, false]);
});
