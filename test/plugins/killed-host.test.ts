import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { build } from "esbuild";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bundlePlugin, installBuildkitd, installOdd } from "../fixtures/plugins/install.js";
import { Harness, isAlive } from "./harness.js";

let harness: Harness;
beforeEach(() => {
  harness = new Harness();
});
afterEach(() => harness.close());

/** Starts a host in a separate process; resolves with it and its plugin's process id when the plugin is in use. */
async function startHost(): Promise<{ host: ChildProcess; plugin: number }> {
  const script = join(harness.folder, "host.mjs");
  await build({
    entryPoints: [join(import.meta.dirname, "host-process.ts")],
    outfile: script,
    bundle: true,
    platform: "node",
    format: "esm",
  });
  const host = spawn(process.execPath, [script, harness.plugins, harness.runtimeDir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(host.stdout!, "data")) as [Buffer];
  return { host, plugin: Number(line.toString()) };
}

test.each(["SIGKILL", "SIGTERM"] as const)(
  "a host ended by %s leaves no plugin and no sockets",
  async (signal) => {
    await installBuildkitd(harness.plugins);
    const { host, plugin } = await startHost();
    expect(isAlive(plugin)).toBe(true);
    expect(harness.socketDirs()).toHaveLength(1);

    const exited = once(host, "exit");
    host.kill(signal);
    await exited;
    await expect.poll(() => isAlive(plugin)).toBe(false);
    expect(harness.socketDirs()).toEqual([]);
  },
);

test("the next host removes the sockets of a plugin that outlived a killed host", async () => {
  const bundle = join(harness.folder, "odd.js");
  await bundlePlugin("odd", bundle);
  await installOdd(harness.plugins, "hangs-on-shutdown", bundle);
  const { host, plugin } = await startHost();
  try {
    const exited = once(host, "exit");
    host.kill("SIGKILL");
    await exited;
    await harness.open();
    expect(harness.socketDirs()).toEqual([]);
  } finally {
    process.kill(plugin, "SIGKILL");
  }
  await expect.poll(() => isAlive(plugin)).toBe(false);
});

test("a plugin ignores SIGINT, which a terminal sends to the whole process group", async () => {
  await installBuildkitd(harness.plugins);
  const manager = await harness.open();
  const used = await manager.use("buildkitd");
  const pid = harness.pid(manager);
  process.kill(pid, "SIGINT");
  await used.driver.handshake({});
  expect(isAlive(pid)).toBe(true);
  used.release();
});
