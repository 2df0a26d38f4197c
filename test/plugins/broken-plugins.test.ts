import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Code } from "@connectrpc/connect";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { PluginState } from "../../src/gen/slipway/v1/plugin_pb.js";
import { bundlePlugin, installOdd, installRaw, writeManifest } from "../fixtures/plugins/install.js";
import { until } from "../lab/index.js";
import { failure, Harness, isAlive } from "./harness.js";

/** The bytes that this process uses after a garbage collection. */
function usedMemory(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

let bundles: Harness;
let bundle: string;
let harness: Harness;
beforeAll(async () => {
  bundles = new Harness();
  bundle = join(bundles.folder, "odd.js");
  await bundlePlugin("odd", bundle);
});
afterAll(() => bundles.close());
beforeEach(() => {
  harness = new Harness();
});
afterEach(() => harness.close());

test.each([
  [
    "garbage-first",
    Code.FailedPrecondition,
    "PLUGIN_BAD_HANDSHAKE",
    /"Loading the driver, please wait \.\.\.".*about to load/s,
  ],
  [
    "exits-at-start",
    Code.Unavailable,
    "PLUGIN_EXITED",
    /exited with code 3.*no configuration at \/etc\/farm.conf/s,
  ],
  [
    "other-version",
    Code.FailedPrecondition,
    "PLUGIN_PROTOCOL_MISMATCH",
    /version 9 of the driver protocol; this host speaks 2/,
  ],
  [
    "version-1",
    Code.FailedPrecondition,
    "PLUGIN_PROTOCOL_MISMATCH",
    /version 1 of the driver protocol; this host speaks 2/,
  ],
  ["no-tls", Code.Unavailable, "PLUGIN_START_FAILED", /does not speak TLS/],
  ["endless-line", Code.Unavailable, "PLUGIN_START_FAILED", /longer than 65536 bytes/],
])("reports why the plugin %s cannot be used", async (script, code, reason, message) => {
  await installRaw(harness.plugins, script);
  const manager = await harness.open();
  const error = await failure(manager.use("raw"));
  expect(error).toMatchObject({ code, reason });
  expect(error.message).toMatch(message);
  expect(manager.list()[0]).toMatchObject({ state: PluginState.BACKOFF, reason, pid: 0 });
});

test("kills a plugin that hangs at start after the timeout, although it ignores SIGTERM", async () => {
  await installRaw(harness.plugins, "hangs-at-start");
  const manager = await harness.open({ startTimeoutMs: 5_000 });
  const error = await failure(manager.use("raw"));
  expect(error.reason).toBe("PLUGIN_START_TIMEOUT");
  expect(error.message).toMatch(
    /did not write its handshake line within 5 s.*waiting for the licence server/s,
  );
});

test("a stopping host does not wait for a plugin that hangs at start", async () => {
  await installRaw(harness.plugins, "hangs-at-start");
  const manager = await harness.open();
  const use = failure(manager.use("raw"));
  await expect.poll(() => harness.logged).toContain("debug waiting for the licence server");
  const start = performance.now();
  await manager.close();
  expect(performance.now() - start).toBeLessThan(15_000);
  expect((await use).message).toMatch(/the host is stopping/);
});

test("reports a missing program when plugins are listed, and one that cannot be executed at start", async () => {
  await writeManifest(join(harness.plugins, "raw"), { name: "raw", command: ["./gone"], drivers: ["raw"] });
  const missing = await harness.open();
  expect(missing.list()[0]).toMatchObject({
    state: PluginState.INVALID,
    reason: "PLUGIN_INVALID",
    message: /gone is missing/,
  });
  expect((await failure(missing.use("raw"))).reason).toBe("DRIVER_UNKNOWN");

  writeFileSync(join(harness.plugins, "raw/gone"), "no program");
  const manager = await harness.open();
  const error = await failure(manager.use("raw"));
  expect(error).toMatchObject({ reason: "PLUGIN_EXITED", message: /could not be started: spawn .*EACCES/ });
});

test("refuses a plugin with another certificate than announced", async () => {
  await installOdd(harness.plugins, "wrong-certificate", bundle);
  const manager = await harness.open();
  const error = await failure(manager.use("odd"));
  expect(error).toMatchObject({
    reason: "PLUGIN_START_FAILED",
    message: /no connection .* self-signed certificate/,
  });
});

test("reports the lines of a plugin that refuses the host's certificate, without waiting for an answer", async () => {
  await installOdd(harness.plugins, "refuses-the-host", bundle);
  const manager = await harness.open();
  const error = await failure(manager.use("odd"));
  // A host that waits would report PLUGIN_START_TIMEOUT.
  expect(error).toMatchObject({
    reason: "PLUGIN_START_FAILED",
    message: /the host cannot connect to it: .*CaUsedAsEndEntity/s,
  });
});

test("refuses a plugin with other drivers than its manifest declares", async () => {
  await installOdd(harness.plugins, "other-driver", bundle);
  const manager = await harness.open();
  const error = await failure(manager.use("odd"));
  expect(error.reason).toBe("PLUGIN_DRIVERS_MISMATCH");
  expect(error.message).toMatch(/declares the drivers odd, but it reports surprise/);
});

test("refuses a plugin that requires a capability which the host lacks, and names it", async () => {
  await installOdd(harness.plugins, "demanding", bundle);
  const manager = await harness.open();
  const error = await failure(manager.use("odd"));
  expect(error.reason).toBe("PLUGIN_HANDSHAKE_FAILED");
  expect(error.message).toMatch(/needs a host with the capability warp\. \(CAPABILITY_REQUIRED\)/);
  const able = await harness.open({ capabilities: [{ id: "warp" }] });
  (await able.use("odd")).release();
});

test("does not execute a file that differs from the manifest's checksum", async () => {
  const folder = await installOdd(harness.plugins, "well", bundle);
  await writeManifest(folder, {
    name: "odd",
    command: [process.execPath, "main.js"],
    drivers: ["odd"],
    sha256: { "main.js": "0".repeat(64) },
  });
  const manager = await harness.open();
  const error = await failure(manager.use("odd"));
  expect(error).toMatchObject({
    reason: "PLUGIN_CHECKSUM_MISMATCH",
    message: /main.js has SHA-256 [0-9a-f]{64}/,
  });
});

test("a crash during a call ends the call and the use with the exit and the last lines", async () => {
  await installOdd(harness.plugins, "crash", bundle);
  const manager = await harness.open();
  const used = await manager.use("odd");
  harness.pid(manager);
  const steps: string[] = [];
  const call = async () => {
    for await (const { event } of used.driver.bootstrap({ driver: "odd", config: { node: "n" } })) {
      if (event.case === "progress") steps.push(event.value.id);
    }
  };
  const error = await failure(call());
  expect(steps).toEqual(["step0", "step1", "step2"]);
  expect(error).toMatchObject({
    code: Code.Unavailable,
    reason: "DRIVER_CRASHED",
    metadata: { plugin: "odd", exit_code: "7" },
  });
  expect(error.message).toMatch(/exited with code 7.*the farm is on fire\npanic: out of luck/s);
  expect(used.died.aborted).toBe(true);
  expect((await failure(Promise.reject(used.died.reason))).reason).toBe("DRIVER_CRASHED");
  const late = await failure(used.driver.inspect({ driver: "odd", config: { node: "n" } }));
  expect(late.reason).toBe("DRIVER_CRASHED");
  used.release();
  expect(harness.logged).toContain("error panic: out of luck");

  const unary = await manager.use("odd");
  harness.pid(manager);
  const killed = await failure(unary.driver.inspect({ driver: "odd", config: { node: "n" } }));
  expect(killed).toMatchObject({ reason: "DRIVER_CRASHED", metadata: { signal: "SIGKILL" } });
  unary.release();
});

test("more than four crashes quarantine a plugin until a restart", async () => {
  await installRaw(harness.plugins, "exits-at-start");
  const manager = await harness.open();
  for (let crash = 0; crash < 5; crash += 1) {
    expect((await failure(manager.use("raw"))).reason).toBe("PLUGIN_EXITED");
  }
  const error = await failure(manager.use("raw"));
  expect(error).toMatchObject({ code: Code.FailedPrecondition, reason: "PLUGIN_QUARANTINED" });
  expect(error.message).toMatch(/crashed 5 times in 3 minutes.*no configuration at/s);
  expect(manager.list()[0]).toMatchObject({
    state: PluginState.QUARANTINED,
    reason: "PLUGIN_QUARANTINED",
    restartCount: 4,
    lastLines: ["reading the configuration", "fatal: no configuration at /etc/farm.conf"],
  });

  expect((await failure(manager.restart("raw"))).reason).toBe("PLUGIN_EXITED");
  expect(manager.list()[0]).toMatchObject({ state: PluginState.BACKOFF });
});

test("a flood on stderr neither blocks the plugin nor fills the host's memory", async () => {
  await installOdd(harness.plugins, "flood", bundle);
  const manager = await harness.open();
  const used = await manager.use("odd");
  harness.pid(manager);
  const before = usedMemory();
  const begin = performance.now();
  await until("200 000 lines", async () => {
    await used.driver.inspect({ driver: "odd", config: { node: "n" } });
    return Number(/flood (\d+)/.exec(manager.list()[0]!.lastLines.at(-1)!)?.[1]) > 200_000;
  });
  expect(manager.list()[0]!.lastLines).toHaveLength(50);
  // 500 lines in each second, of which the first and the last may be cut, and those of the manager.
  const seconds = (performance.now() - begin) / 1000;
  expect(harness.logged.length).toBeLessThan(510 * (seconds + 2) + 500);
  expect(harness.logged.some((line) => /lines were dropped/.test(line))).toBe(true);
  // The lines are 18 MB in all.
  expect(usedMemory() - before).toBeLessThan(8 << 20);
  used.release();
});

test("kills a plugin that hangs on Shutdown", async () => {
  await installOdd(harness.plugins, "hangs-on-shutdown", bundle);
  const manager = await harness.open({ stopTimeoutMs: 300 });
  (await manager.use("odd")).release();
  const pid = harness.pid(manager);
  const start = performance.now();
  await manager.close();
  expect(performance.now() - start).toBeLessThan(15_000);
  expect(isAlive(pid)).toBe(false);
  expect(manager.list()[0]!.lastLines).toContain("not leaving");
});

test("a message over the limit fails, and the plugin continues", async () => {
  await installOdd(harness.plugins, "well", bundle);
  const manager = await harness.open();
  const used = await manager.use("odd");
  const pid = harness.pid(manager);
  const config = { node: "n", options: { size: String(65 << 20) } };
  const answer = await failure(used.driver.inspect({ driver: "odd", config }));
  expect(answer).toMatchObject({ code: Code.ResourceExhausted, reason: "MESSAGE_TOO_LARGE" });
  const big = { node: "n", daemonFiles: { "buildkitd.toml": new Uint8Array(65 << 20) } };
  const request = await failure(used.driver.inspect({ driver: "odd", config: big }));
  expect(request).toMatchObject({ code: Code.ResourceExhausted, reason: "MESSAGE_TOO_LARGE" });

  const fits = { node: "n", options: { size: String(60 << 20) } };
  const { status } = await used.driver.inspect({ driver: "odd", config: fits });
  expect(status!.message).toHaveLength(60 << 20);
  expect(harness.pid(manager)).toBe(pid);
  used.release();
});
