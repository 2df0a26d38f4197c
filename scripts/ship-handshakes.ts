import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "../src/host/base/log.js";
import { thisMachine } from "../src/host/plugins/discovery.js";
import { launch } from "../src/host/plugins/launch.js";
import { shipHandshake } from "../src/host/plugins/shipped-handshake.js";
import { hostCapabilities } from "../src/plugin-client/host-capabilities.js";
import { manifestName, parseManifest } from "../src/plugin-protocol/manifest.js";
import { version } from "../src/util/version.js";

/** Starts bundled plugins, and writes beside their programs what they answer to Handshake. Takes about half a second. */
export async function shipHandshakes(folders: string[]): Promise<void> {
  const runtimeDir = await mkdtemp(join(tmpdir(), "sw-"));
  try {
    for (const folder of folders) await shipOne(folder, runtimeDir);
  } finally {
    await rm(runtimeDir, { recursive: true });
  }
}

async function shipOne(folder: string, runtimeDir: string): Promise<void> {
  const greeter = { host: { name: "slipway", version }, capabilities: hostCapabilities };
  const manifest = parseManifest(await readFile(join(folder, manifestName), "utf8"), folder, thisMachine);
  if (!manifest.command) throw new Error(`${folder}: the plugin is not started by the host.`);
  const times = { startTimeoutMs: 60_000, stopTimeoutMs: 10_000 };
  const options = { ...greeter, ...times, runtimeDir, env: process.env, log: createLog("warn") };
  const plugin = await launch(manifest, folder, options, new AbortController().signal);
  await shipHandshake(folder, greeter, plugin.handshake);
  await plugin.stop();
}
