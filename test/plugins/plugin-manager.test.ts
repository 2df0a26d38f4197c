import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { Code } from "@connectrpc/connect";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { PluginState } from "../../src/gen/slipway/v1/plugin_pb.js";
import { createCertificate } from "../../src/plugin-protocol/certificate.js";
import { bundlePlugin, installBuildkitd, installOdd } from "../fixtures/plugins/install.js";
import { failure, Harness, isAlive } from "./harness.js";

let bundles: Harness;
let odd: string;
let harness: Harness;
beforeAll(async () => {
  bundles = new Harness();
  odd = join(bundles.folder, "odd.js");
  await bundlePlugin("odd", odd);
});
afterAll(() => bundles.close());
beforeEach(() => {
  harness = new Harness();
});
afterEach(() => harness.close());

test("lists drivers without starting plugins, and starts a plugin once to describe its drivers", async () => {
  await installBuildkitd(harness.plugins);
  const manager = await harness.open();
  expect(manager.driverNames()).toEqual([{ driver: "buildkitd", plugin: "buildkitd" }]);
  expect(manager.list()[0]).toMatchObject({ state: PluginState.IDLE, pid: 0, drivers: ["buildkitd"] });

  const [described] = await manager.describe();
  expect(described).toMatchObject({ plugin: "buildkitd", descriptor: { name: "buildkitd", priority: 90 } });
  expect(described!.descriptor.capabilities.map(({ id }) => id)).toEqual(["builders.create", "tunnel"]);
  const pid = harness.pid(manager);
  expect(manager.list()[0]).toMatchObject({
    state: PluginState.RUNNING,
    report: { peer: { name: "buildkitd", version: "0.1.0" }, vendor: "Slipway" },
  });
  await manager.describe();
  expect(harness.pid(manager)).toBe(pid);
});

test("knows the drivers of a plugin that ran in an earlier host without starting it", async () => {
  const folder = await installBuildkitd(harness.plugins);
  const handshakeDir = join(harness.folder, "handshakes");
  const [first] = await (await harness.open({ handshakeDir })).describe();

  const later = await harness.open({ handshakeDir });
  expect(await later.describe()).toEqual([first]);
  expect(later.list()[0]).toMatchObject({
    state: PluginState.IDLE,
    pid: 0,
    report: { peer: { name: "buildkitd", version: "0.1.0" } },
  });

  appendFileSync(join(folder, "main.js"), "\n// Another version.\n");
  const updated = await harness.open({ handshakeDir });
  expect(await updated.describe()).toEqual([first]);
  expect(updated.list()[0]!.state).toBe(PluginState.RUNNING);
});

test("lists the available drivers in the error for an unknown one", async () => {
  await installBuildkitd(harness.plugins);
  const manager = await harness.open();
  const error = await failure(manager.use("kubernets"));
  expect(error).toMatchObject({ code: Code.NotFound, reason: "DRIVER_UNKNOWN" });
  expect(error.message).toBe('There is no driver "kubernets". Available drivers: buildkitd.');
  expect((await failure(manager.restart("nope"))).reason).toBe("PLUGIN_UNKNOWN");
});

test("starts a plugin once for many concurrent users", async () => {
  await installOdd(harness.plugins, "well", odd);
  const manager = await harness.open();
  const uses = await Promise.all(Array.from({ length: 10 }, () => manager.use("odd")));
  harness.pid(manager);
  expect(manager.list()[0]!.restartCount).toBe(0);
  for (const used of uses) used.release();
});

test("stops an unused plugin, and starts it again on demand", async () => {
  await installOdd(harness.plugins, "well", odd);
  const manager = await harness.open({ idleMs: 100 });
  const first = await manager.use("odd");
  const pid = harness.pid(manager);
  await sleep(300);
  expect(isAlive(pid)).toBe(true);

  first.release();
  first.release();
  await expect.poll(() => manager.list()[0]!.state).toBe(PluginState.IDLE);
  expect(isAlive(pid)).toBe(false);
  expect(first.died.reason.rawMessage).toBe("The host stopped the plugin odd.");
  expect(harness.logged.filter((line) => line.startsWith("warn"))).toEqual([]);

  const second = await manager.use("odd");
  expect(harness.pid(manager)).not.toBe(pid);
  await second.driver.inspect({ driver: "odd", config: { node: "n" } });
  second.release();
});

test("restart ends the uses with a typed reason and starts a new process", async () => {
  await installOdd(harness.plugins, "well", odd);
  const manager = await harness.open();
  const used = await manager.use("odd");
  const pid = harness.pid(manager);
  const plugin = await manager.restart("odd");
  expect(plugin).toMatchObject({ state: PluginState.RUNNING, restartCount: 1 });
  expect(harness.pid(manager)).not.toBe(pid);
  expect(isAlive(pid)).toBe(false);
  const error = await failure(used.driver.inspect({ driver: "odd", config: { node: "n" } }));
  expect(error).toMatchObject({ code: Code.Unavailable, reason: "PLUGIN_STOPPED" });
  used.release();
});

test("lets a running call finish when the host closes", async () => {
  await installOdd(harness.plugins, "well", odd);
  const manager = await harness.open();
  const used = await manager.use("odd");
  harness.pid(manager);
  const call = async () => {
    let last = "";
    for await (const { event } of used.driver.bootstrap({ driver: "odd", config: { node: "n" } })) {
      last = event.case ?? "";
    }
    return last;
  };
  const result = call();
  await sleep(20);
  await manager.close();
  expect(await result).toBe("status");
  expect((await failure(manager.use("odd"))).code).toBe(Code.Unavailable);
});

test("keeps the details of a driver's errors, and marks faults in the driver", async () => {
  await installOdd(harness.plugins, "well", odd);
  const manager = await harness.open();
  const used = await manager.use("odd");
  harness.pid(manager);
  const inspect = (node: string) => used.driver.inspect({ driver: "odd", config: { node } });
  expect(await failure(inspect("typed"))).toMatchObject({
    code: Code.Unavailable,
    reason: "FARM_CLOSED",
    domain: "driver.slipway.dev",
    message: "the farm is closed on Sundays",
    remedy: "Come back tomorrow.",
    metadata: { day: "Sunday" },
  });
  const fault = await failure(inspect("throws"));
  expect(fault).toMatchObject({
    code: Code.Internal,
    reason: "DRIVER_FAULT",
    message: "a fault in the driver",
  });
  expect(await failure(used.driver.inspect({ driver: "even", config: { node: "n" } }))).toMatchObject({
    code: Code.NotFound,
    reason: "DRIVER_UNKNOWN",
  });
  expect(await failure(used.driver.inspect({ driver: "odd" }))).toMatchObject({
    code: Code.InvalidArgument,
    fields: [{ field: "config" }],
  });
  const store = used.imageStore.getImageStore({ store: { driver: "odd" } });
  expect(await failure(store)).toMatchObject({ code: Code.Unimplemented, reason: "CAPABILITY_MISSING" });
  const implicit = used.driver.listImplicitBuilders({ driver: "odd" });
  expect(await failure(implicit)).toMatchObject({ code: Code.Unimplemented, reason: "CAPABILITY_MISSING" });
  used.release();
});

test("passes cancellations and deadlines to the driver", async () => {
  await installOdd(harness.plugins, "well", odd);
  const manager = await harness.open();
  const used = await manager.use("odd");
  harness.pid(manager);
  const late = used.driver.inspect({ driver: "odd", config: { node: "waits" } }, { timeoutMs: 2000 });
  expect((await failure(late)).code).toBe(Code.DeadlineExceeded);
  await expect.poll(() => harness.logged).toContain("info the wait was cancelled");
  used.release();
});

test("logs what a plugin prints", async () => {
  await installOdd(harness.plugins, "prints", odd);
  const manager = await harness.open();
  (await manager.use("odd")).release();
  harness.pid(manager);
  await expect
    .poll(() => harness.logged)
    .toEqual(expect.arrayContaining(["info printed with console.log", "info written to stdout"]));
});

test("an unexpected exit with code 0 is a crash, too", async () => {
  await installOdd(harness.plugins, "well", odd);
  const manager = await harness.open();
  const used = await manager.use("odd");
  harness.pid(manager);
  await used.driver.inspect({ driver: "odd", config: { node: "leaves" } });
  await once(used.died, "abort");
  expect(used.died.reason.rawMessage).toMatch(/^The plugin odd crashed: it exited with code 0\./);
  used.release();
});

test("only the host can use a plugin's sockets", async () => {
  await installOdd(harness.plugins, "well", odd);
  const manager = await harness.open();
  (await manager.use("odd")).release();
  harness.pid(manager);
  const folder = join(harness.runtimeDir, "p", harness.socketDirs()[0]!);
  const socket = join(folder, readdirSync(folder)[0]!);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(socket).mode & 0o777).toBe(0o600);

  const stranger = createCertificate();
  for (const credentials of [{}, { cert: stranger.pem, key: stranger.key }]) {
    const tls = connectTls({
      path: socket,
      rejectUnauthorized: false,
      ALPNProtocols: ["h2"],
      ...credentials,
    });
    const answer = await new Promise<string>((resolve) => {
      tls.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      tls.on("close", () => resolve("closed"));
      tls.on("secureConnect", () => tls.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
      tls.on("data", () => resolve("it answered"));
    });
    expect(answer).not.toBe("it answered");
    tls.destroy();
  }
});

test("refuses a path that is too long for sockets, with the limit", async () => {
  await installOdd(harness.plugins, "well", odd);
  const manager = await harness.open({ runtimeDir: join(harness.folder, "x".repeat(80)) });
  const error = await failure(manager.use("odd"));
  expect(error.message).toMatch(
    /paths of up to \d+ bytes, but the limit is 10[37]; use a shorter XDG_RUNTIME_DIR/,
  );
});

test("removes the socket folders of dead hosts, and keeps those of others", async () => {
  const { pid: old } = spawnSync("true");
  for (const name of [`${old}-abc`, `${process.ppid}-abc`]) {
    mkdirSync(join(harness.runtimeDir, "p", name), { recursive: true });
    writeFileSync(join(harness.runtimeDir, "p", name, "plugin.sock"), "");
  }
  await harness.open();
  expect(harness.socketDirs()).toEqual([`${process.ppid}-abc`]);
  rmSync(join(harness.runtimeDir, "p"), { recursive: true });
});

test("validates a node and reports all findings at once", async () => {
  await installBuildkitd(harness.plugins);
  const manager = await harness.open();
  const used = await manager.use("buildkitd");
  harness.pid(manager);
  const bad = await used.driver.validate({
    driver: "buildkitd",
    config: {
      node: "n0",
      endpoint: "tcp://user:pass@host:1",
      options: { memory: "lots", secret: "hunter2", polcy: "x" },
      daemonFlags: ["--debug"],
      daemonFiles: { "buildkitd.toml": new Uint8Array() },
    },
  });
  expect(bad.config).toBeUndefined();
  expect(bad.diagnostics.map(({ reason, field }) => `${reason} ${field}`)).toEqual([
    "ENDPOINT_INVALID endpoint",
    "DAEMON_FLAGS_UNSUPPORTED daemon_flags",
    "DAEMON_CONFIG_UNSUPPORTED daemon_files[buildkitd.toml]",
    "OPTION_INVALID options[memory]",
    "OPTION_INVALID options[secret]",
    "OPTION_UNKNOWN options[polcy]",
  ]);
  expect(JSON.stringify(bad.diagnostics)).not.toMatch(/hunter2|user:pass/);

  const config = { node: "n0", endpoint: "unix:///run/b.sock", options: { memory: "1g", old: "x" } };
  const good = await used.driver.validate({ driver: "buildkitd", config });
  expect(good.diagnostics.map(({ reason }) => reason)).toEqual(["OPTION_DEPRECATED"]);
  expect(good.config!.options).toEqual({ memory: "1073741824", old: "x", direct: "false", timeout: "10s" });
  const again = await used.driver.validate({ driver: "buildkitd", config: good.config });
  expect(again.config).toEqual(good.config);
  used.release();
});
