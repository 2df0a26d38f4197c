import { once } from "node:events";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { PluginState } from "../../src/gen/slipway/v1/plugin_pb.js";
import { bundlePlugin, writeManifest } from "../fixtures/plugins/install.js";
import { contextOf, fromPath, mustBuild } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { freePort, lab, makeTestTls, type TestTls, tempDir } from "../lab/index.js";
import { operate as operatePlugin } from "./operate.js";

let folder: string;
let port: number;
let tls: TestTls;

beforeEach(async () => {
  folder = await tempDir();
  port = await freePort();
  tls = await makeTestTls(join(folder, "tls"));
  await bundlePlugin("buildkitd", join(folder, "main.js"));
});

/** Runs the plugin as an operator does. */
const operate = (clientCa = tls.ca) =>
  operatePlugin({ command: [process.execPath, join(folder, "main.js")], port, tls, clientCa });

async function hostWith(more: Record<string, unknown> = {}): Promise<TestHost> {
  const plugins = join(folder, "plugins");
  await writeManifest(join(plugins, "far"), {
    name: "far",
    drivers: ["buildkitd"],
    address: `tcp://127.0.0.1:${port}`,
    tls: { ca: tls.ca, certificate: tls.cert, key: tls.key },
    ...more,
  });
  return startHost({ plugins: [plugins] });
}

const far = async (host: TestHost) =>
  (await host.plugins.listPlugins({})).plugins.find(({ name }) => name === "far")!;

const create = (host: TestHost) =>
  host.builders.createBuilder({
    name: "far",
    driver: "buildkitd",
    node: { endpoint: lab().buildkitd.address },
  });

const failure = (work: Promise<unknown>) => work.then(() => expect.unreachable(), readTypedError);

it("builds through a plugin that an operator runs, and leaves it running", async () => {
  const plugin = await operate();
  const host = await hostWith();
  await create(host);
  expect(await far(host)).toMatchObject({
    state: PluginState.RUNNING,
    pid: 0,
    address: `tcp://127.0.0.1:${port}`,
  });
  const text = String(Math.random());
  const context = await contextOf({ Dockerfile: "FROM scratch\nCOPY text /\n", text });
  await mustBuild(host, { builder: "far", context: fromPath(context), outputs: [{ type: "cacheonly" }] });
  host.process.kill("SIGTERM");
  await host.ended;
  expect(plugin.exitCode).toBeNull();
});

it("connects again after the operator has restarted the plugin", async () => {
  const first = await operate();
  const host = await hostWith();
  await create(host);
  first.kill("SIGKILL");
  await once(first, "exit");
  await expect.poll(async () => (await far(host)).state).not.toBe(PluginState.RUNNING);
  expect(await failure(create(host))).toMatchObject({
    reason: "PLUGIN_START_FAILED",
    message: expect.stringContaining("ECONNREFUSED"),
  });
  await operate();
  await host.plugins.restartPlugin({ name: "far" });
  expect(await far(host)).toMatchObject({ state: PluginState.RUNNING });
});

it.each<[string, () => Promise<TestHost>, RegExp]>([
  [
    "its certificate comes from another authority",
    async () => {
      const other = await makeTestTls(join(folder, "other"));
      await operate();
      return hostWith({ tls: { ca: other.ca, certificate: tls.cert, key: tls.key } });
    },
    /certificate/,
  ],
  [
    "it trusts other hosts only",
    async () => {
      await operate((await makeTestTls(join(folder, "other"))).ca);
      return hostWith();
    },
    /alert|closed|reset/i,
  ],
  [
    "its certificate has another name",
    async () => {
      await operate();
      return hostWith({
        tls: { ca: tls.ca, certificate: tls.cert, key: tls.key, serverName: "elsewhere.test" },
      });
    },
    /elsewhere\.test/,
  ],
  ["nobody runs it", () => hostWith(), /ECONNREFUSED/],
])("reports why it cannot be used: %s", async (_what, make, why) => {
  const host = await make();
  expect(await failure(create(host))).toMatchObject({
    reason: "PLUGIN_START_FAILED",
    message: expect.stringMatching(why),
    remedy: expect.stringContaining("operator"),
  });
  expect(await far(host)).toMatchObject({ message: expect.stringMatching(why) });
});
