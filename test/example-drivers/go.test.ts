import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { tryAcquire } from "../../src/conformance/leases.js";
import { NodeState } from "../../src/gen/slipway/common/v1/node_state_pb.js";
import { type BuildRun, contextOf, fromPath, mustBuild } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { lab, pidsOf, tempDir, until } from "../lab/index.js";
import { stateVariable } from "../lab/processes.js";
import { buildkit } from "../lab/recipes/buildkit.js";
import { runc } from "../lab/recipes/runc.js";
import { cgroupOf } from "../lab/state.js";
import { failure } from "../plugins/harness.js";
import { goDriver } from "./examples.js";
import { manage } from "./plugin-manager.js";

let plugin: string;
let programs: Record<string, string>;
beforeAll(async () => {
  plugin = await goDriver();
  programs = { buildkitd: join(await buildkit(), "buildkitd"), runc: join(await runc(), "runc") };
}, 600_000);

/** A host with the plugin, and the folder of its nodes. All processes end with the test. */
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

const isCached = ({ events }: BuildRun) =>
  events.some(
    ({ event }) =>
      event.case === "progress" &&
      event.value.vertexes.some(({ name, cached }) => cached && name.includes("RUN")),
  );

const hello = async () =>
  fromPath(await contextOf({ Dockerfile: `FROM ${lab().registry.baseImage}\nRUN echo hello > /hello\n` }));

test("builds without an engine; the daemon outlives plugin and host, and is stopped and removed", async () => {
  const host = await start();
  await create(host, "own");
  expect(await stateOf(host, "own")).toMatchObject({
    state: NodeState.ABSENT,
    reason: "PROCESS_NODE_ABSENT",
  });
  const context = await hello();
  await mustBuild(host, { builder: "own", context });
  const [pid] = await daemons(host);
  expect(pid).toBeGreaterThan(0);

  await host.plugins.restartPlugin({ name: "process" });
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
  expect(isCached(again)).toBe(true);
  expect(await daemons(next)).toEqual([pid]);

  await next.builders.stopBuilder({ name: "own" });
  expect(await daemons(next)).toEqual([]);
  const stopped = await stateOf(next, "own");
  expect(stopped).toMatchObject({ state: NodeState.STOPPED, reason: "PROCESS_DAEMON_STOPPED" });
  expect(stopped.message).toMatch(/The daemon does not run\. The last line of its log: ./);

  const { removed, kept } = await next.builders.removeBuilder({ name: "own", keepState: true });
  expect(kept).toEqual([join(next.state, "own0", "root")]);
  expect(removed).not.toContain(kept[0]);
  expect(await readdir(join(next.state, "own0"))).toEqual(["root"]);
  await create(next, "own");
  expect(await stateOf(next, "own")).toMatchObject({ state: NodeState.ABSENT, stateKept: true });
  await mustBuild(next, { builder: "own", context });
  await next.builders.removeBuilder({ name: "own" });
  expect(await daemons(next)).toEqual([]);
  expect(existsSync(join(next.state, "own0"))).toBe(false);
});

test("reports why a daemon does not start, and leaves nothing behind", async () => {
  const host = await start();
  const bootstrap = async (name: string) => {
    const failed = async () => {
      for await (const _ of host.builders.bootstrapBuilder({ name }));
    };
    return failure(failed());
  };
  await create(host, "missing", { buildkitd: "/nowhere/buildkitd" });
  expect(await bootstrap("missing")).toMatchObject({ reason: "PROCESS_BUILDKITD_MISSING" });

  const node = { options: programs, daemonFlags: ["--oci-worker-snapshotter=wrong"] };
  await host.builders.createBuilder({ name: "flags", driver: "process", node });
  const failed = await bootstrap("flags");
  expect(failed).toMatchObject({ reason: "PROCESS_BUILDKITD_FAILED" });
  expect(failed.message).toMatch(/it exited with exit status 1\. Its last log lines:.*wrong/s);
  expect(await daemons(host)).toEqual([]);

  const root = await contextOf({ precious: "data" });
  await create(host, "root", { root });
  expect(await bootstrap("root")).toMatchObject({ reason: "PROCESS_ROOT_IN_USE" });
  for (const name of ["missing", "flags", "root"]) await host.builders.removeBuilder({ name });
  expect(await readdir(root)).toEqual(["precious"]);
  expect(await readdir(host.state)).toEqual([]);
});

test("is restarted with its cache for changed options, flags and files", async () => {
  const host = await start();
  const { builder } = await create(host, "changed");
  const context = await hello();
  await mustBuild(host, { builder: "changed", context });
  const [pid] = await daemons(host);

  const { options, daemonFiles } = builder!.nodes[0]!.spec!;
  const toml = `debug = true\n${Buffer.from(daemonFiles["buildkitd.toml"]!)}`;
  const { diagnostics } = await host.builders.appendNode({
    builder: "changed",
    mustExist: true,
    node: {
      name: "changed0",
      options: { ...options, "env.HTTP_PROXY": "http://hush.example", "stop-timeout": "20s" },
      daemonFlags: ["--oci-worker-labels=area=go"],
      daemonFiles: { "buildkitd.toml": Buffer.from(toml) },
    },
  });
  const changed = ["daemon_files[buildkitd.toml]", "daemon_flags", "options[env.HTTP_PROXY]"];
  expect(diagnostics).toMatchObject([
    { reason: "CONFIG_CHANGED", message: expect.stringContaining(changed.join(", ")) },
  ]);
  expect(await stateOf(host, "changed")).toMatchObject({ state: NodeState.RUNNING, changedFields: changed });

  const run = await mustBuild(host, { builder: "changed", context });
  const name = `[internal] stopping buildkitd for changed settings: ${changed.join(", ")}`;
  const steps = run.events.flatMap(({ event }) =>
    event.case === "bootstrap" ? (event.value.progress?.name ?? []) : [],
  );
  expect(steps).toContain(name);
  expect(isCached(run)).toBe(true);
  const [next, ...more] = await daemons(host);
  expect([next === pid, more]).toEqual([false, []]);
  expect(await readFile(`/proc/${next}/environ`, "utf8")).toContain("HTTP_PROXY=http://hush.example");
  expect(await readFile(join(host.state, "changed0/settings.json"), "utf8")).not.toContain("hush");
  expect(await readFile(join(host.state, "changed0/buildkitd.log"), "utf8")).toContain("level=debug");
  expect(await stateOf(host, "changed")).toMatchObject({ state: NodeState.RUNNING, changedFields: [] });
  const { builder: after } = await host.builders.getBuilder({ name: "changed", inspect: true });
  expect(after!.nodes[0]!.workers[0]!.labels).toMatchObject({ area: "go" });
  await host.builders.removeBuilder({ name: "changed" });
});

test("detects a killed daemon, and replaces one with outdated settings unless it is in use", async () => {
  const folder = await tempDir();
  const env = { ...process.env, XDG_STATE_HOME: join(folder, "s"), [stateVariable]: folder };
  const manager = await manage(plugin, env);
  const { driver } = await manager.use("process");
  const request = (options: Record<string, string> = {}) => ({
    driver: "process",
    config: { node: "n0", options: { ...programs, ...options } },
  });
  const bootstrap = async (options: Record<string, string> = {}) => {
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
  await until("the daemon to exit", async () => (await running()).length === 0);
  expect((await driver.inspect(request())).status).toMatchObject({ state: NodeState.STOPPED });
  expect(await failure(tryAcquire(driver, request()))).toMatchObject({
    reason: "PROCESS_BUILDKITD_UNREACHABLE",
  });
  expect(await bootstrap()).toBe(NodeState.RUNNING);

  const native = { snapshotter: "native" };
  const changedFields = async (options: Record<string, string>) =>
    (await driver.inspect(request(options))).status!.changedFields;
  expect(await changedFields(native)).toEqual(["options[snapshotter]"]);
  const [current] = await running();
  const other = connect(join(folder, "s/slipway/process/n0/buildkitd.sock"));
  await once(other, "data");
  expect(await failure(bootstrap(native))).toMatchObject({
    reason: "CONFIG_CHANGED",
    message: expect.stringMatching(/other settings \(options\[snapshotter\]\) and is in use/),
    remedy: expect.stringMatching(/^Wait until no build uses it/),
  });
  expect(await running()).toEqual([current]);
  other.destroy();
  expect(await bootstrap(native)).toBe(NodeState.RUNNING);
  expect(await running()).not.toEqual([current]);
  expect(await changedFields(native)).toEqual([]);

  const moved = { root: join(folder, "elsewhere") };
  expect(await changedFields({ ...native, ...moved })).toEqual(["options[root]"]);
  expect(await failure(bootstrap(moved))).toMatchObject({
    reason: "CONFIG_CHANGED",
    message: expect.stringMatching(
      /^The cache of the node n0 is in .*\/n0\/root and is not moved to .*\/elsewhere\.$/,
    ),
  });
  expect((await driver.inspect(request(native))).status).toMatchObject({ state: NodeState.RUNNING });
  await driver.remove({ ...request(moved), force: true });
  expect(await running()).toEqual([]);
  expect(await readdir(join(folder, "s/slipway/process"))).toEqual([]);
});
