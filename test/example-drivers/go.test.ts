import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { NodeState } from "../../src/gen/slipway/driver/v1/node_pb.js";
import { createLog } from "../../src/host/log.js";
import { PluginManager } from "../../src/host/plugins/plugin-manager.js";
import { contextOf, fromPath, mustBuild } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { lab, must, pidsOf, tempDir, until } from "../lab/index.js";
import { stateVariable } from "../lab/processes.js";
import { buildkit } from "../lab/recipes/buildkit.js";
import { runc } from "../lab/recipes/runc.js";
import { cgroupOf } from "../lab/state.js";
import { failure } from "../plugins/harness.js";
import { goDriver } from "./examples.js";

let plugin: string;
let programs: Record<string, string>;
beforeAll(async () => {
  plugin = await goDriver();
  programs = { buildkitd: join(await buildkit(), "buildkitd"), runc: join(await runc(), "runc") };
}, 600_000);

/** A host with the plugin, and the folder of its nodes. What runs there ends with the test. */
async function start(folder?: string): Promise<TestHost & { state: string }> {
  const own = folder ?? (await tempDir());
  const env = { XDG_STATE_HOME: join(own, "s"), [stateVariable]: own };
  const host = await startHost({ plugins: [plugin], env, folder: own });
  return { ...host, state: join(own, "s/slipway/process") };
}

async function create(host: TestHost, name: string, options: Record<string, string> = {}) {
  const daemonFiles = {
    "buildkitd.toml": Buffer.from(`[worker.oci]\ndefaultCgroupParent = "${cgroupOf(host.folder)}"\n`),
  };
  const node = { options: { ...programs, ...options }, daemonFiles };
  return host.builders.createBuilder({ name, driver: "process", node });
}

async function stateOf(host: TestHost, name: string) {
  const { builder } = await host.builders.getBuilder({ name, inspect: true });
  return builder!.nodes[0]!.status!;
}

const daemons = (host: { state: string }) => pidsOf(`--config=${host.state}/`);

const hello = async () =>
  fromPath(await contextOf({ Dockerfile: `FROM ${lab().registry.baseImage}\nRUN echo hello > /hello\n` }));

test("builds with no engine; the daemon outlives plugin and host, and is stopped and removed", async () => {
  const host = await start();
  await create(host, "own");
  expect(await stateOf(host, "own")).toMatchObject({ state: NodeState.ABSENT, reasonCode: "NODE_ABSENT" });
  const context = await hello();
  await mustBuild(host, { builder: "own", context });
  const [pid] = await daemons(host);
  expect(pid).toBeGreaterThan(0);

  await host.drivers.restartPlugin({ name: "process" });
  expect(await stateOf(host, "own")).toMatchObject({
    state: NodeState.RUNNING,
    backend: `buildkitd, process ${pid}`,
  });
  const exited = once(host.process, "exit");
  host.process.kill("SIGTERM");
  await exited;

  const next = await start(host.folder);
  expect(await stateOf(next, "own")).toMatchObject({ state: NodeState.RUNNING });
  const again = await mustBuild(next, { builder: "own", context });
  expect(
    again.events.some(({ event }) => event.case === "progress" && event.value.vertexes.some((v) => v.cached)),
  ).toBe(true);
  expect(await daemons(next)).toEqual([pid]);

  await next.builders.stopBuilder({ name: "own" });
  expect(await daemons(next)).toEqual([]);
  const stopped = await stateOf(next, "own");
  expect(stopped).toMatchObject({ state: NodeState.STOPPED, reasonCode: "DAEMON_STOPPED" });
  expect(stopped.reason).toMatch(/its daemon does not run; the last line of its log: ./);

  await next.builders.removeBuilder({ name: "own", keepState: true });
  expect(await readdir(join(next.state, "own0"))).toEqual(["root"]);
  await create(next, "own");
  expect(await stateOf(next, "own")).toMatchObject({ state: NodeState.ABSENT, stateKept: true });
  await mustBuild(next, { builder: "own", context });
  await next.builders.removeBuilder({ name: "own" });
  expect(await daemons(next)).toEqual([]);
  expect(existsSync(join(next.state, "own0"))).toBe(false);
});

test("says why a daemon does not start, and leaves nothing of it", async () => {
  const host = await start();
  const bootstrap = async (name: string) => {
    const failed = async () => {
      for await (const _ of host.builders.bootstrapBuilder({ name }));
    };
    return failure(failed());
  };
  await create(host, "missing", { buildkitd: "/nowhere/buildkitd" });
  expect(await bootstrap("missing")).toMatchObject({ reason: "BUILDKITD_MISSING" });

  const node = { options: programs, daemonFlags: ["--oci-worker-snapshotter=wrong"] };
  await host.builders.createBuilder({ name: "flags", driver: "process", node });
  const failed = await bootstrap("flags");
  expect(failed).toMatchObject({ reason: "BUILDKITD_FAILED" });
  expect(failed.message).toMatch(/it ended with exit status 1; its last lines:.*wrong/s);
  expect(await daemons(host)).toEqual([]);

  const root = await contextOf({ precious: "data" });
  await create(host, "root", { root });
  expect(await bootstrap("root")).toMatchObject({ reason: "ROOT_IN_USE" });
  for (const name of ["missing", "flags", "root"]) await host.builders.removeBuilder({ name });
  expect(await readdir(root)).toEqual(["precious"]);
  expect(await readdir(host.state)).toEqual([]);
});

test("finds a daemon that was killed, and one whose configuration is another", async () => {
  const folder = await tempDir();
  const manager = await PluginManager.open({
    searchPath: [{ path: plugin }],
    runtimeDir: folder,
    host: { name: "test", version: "0.0.0" },
    capabilities: [],
    log: createLog("error"),
    env: { ...process.env, XDG_STATE_HOME: join(folder, "s"), [stateVariable]: folder },
  });
  onTestFinished(() => manager.close());
  const { driver } = await manager.use("process");
  const request = (options = {}) => ({
    driver: "process",
    config: { node: "n0", options: { ...programs, ...options } },
  });
  const bootstrap = async (options = {}) => {
    let last: NodeState | undefined;
    for await (const { event } of driver.bootstrap(request(options)))
      if (event.case === "status") last = event.value.state;
    return last;
  };
  const running = () => pidsOf(`--config=${folder}/`);
  expect(await Promise.all([bootstrap(), bootstrap()])).toEqual([NodeState.RUNNING, NodeState.RUNNING]);
  const [pid, ...more] = await running();
  expect(more).toEqual([]);

  process.kill(pid!, "SIGKILL");
  await until("it is gone", async () => (await running()).length === 0);
  expect((await driver.inspect(request())).status).toMatchObject({ state: NodeState.STOPPED });
  expect(await failure(driver.dial(request()))).toMatchObject({ reason: "BUILDKITD_UNREACHABLE" });
  expect(await bootstrap()).toBe(NodeState.RUNNING);
  expect(await failure(bootstrap({ snapshotter: "native" }))).toMatchObject({
    reason: "CONFIG_CHANGED",
    remedy: expect.stringMatching(/^Stop the builder/),
  });
  await driver.stop(request());
  expect(await bootstrap({ snapshotter: "native" })).toBe(NodeState.RUNNING);
  await driver.remove({ ...request(), force: true });
  expect(await running()).toEqual([]);
});

test("the committed stubs are what the protocol generates", async () => {
  const output = await tempDir();
  const source = join(import.meta.dirname, "../../examples/drivers/go");
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/local/go/bin`, GOFLAGS: "" };
  const buf = join(import.meta.dirname, "../../node_modules/.bin/buf");
  await must("nice", [buf, "generate", "--output", output], { cwd: source, env });
  await must("diff", ["-r", join(output, "gen"), join(source, "gen")]);
}, 300_000);
