import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { connectBuildkit } from "../../src/buildkit/client.js";
import { NodeState } from "../../src/gen/slipway/common/v1/node_state_pb.js";
import { LeasePurpose } from "../../src/gen/slipway/driver/v1/driver_pb.js";
import { NodeConfigSchema } from "../../src/gen/slipway/driver/v1/node_pb.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { Lease } from "../../src/plugin-client/lease.js";
import { openTunnel } from "../../src/plugin-client/tunnel.js";
import { contextOf, fromPath, mustBuild, watchToEnd } from "../host/build.js";
import { startHost } from "../host/host.js";
import { freePort, lab, pidsOf, startBuildkitd, until } from "../lab/index.js";
import { failure } from "../plugins/harness.js";
import { pythonDriver } from "./examples.js";
import { manage } from "./plugin-manager.js";

let plugin: string;
beforeAll(async () => {
  plugin = await pythonDriver();
}, 600_000);

test("builds with a builder from the user's file when a member is down", async () => {
  const host = await startHost({ plugins: [plugin] });
  const dead = `tcp://127.0.0.1:${await freePort()}`;
  const config = join(host.folder, "pool.toml");
  const members = JSON.stringify([dead, lab().buildkitd.address]);
  await writeFile(
    config,
    `[builders.py-farm]\nmembers = ${members}\n[builders.py-broken]\nmembers = ["far"]\n`,
  );
  const environment = { SLIPWAY_POOL_CONFIG: config };
  const { builder } = await host.builders.getBuilder({ name: "py-farm", inspect: true, environment });
  expect(builder).toMatchObject({ driver: "pool", implicit: true });
  expect(builder!.nodes[0]!.status).toMatchObject({
    state: NodeState.RUNNING,
    backend: "pool, 1 of 2 members up",
    dynamicNodes: [
      { name: dead, state: NodeState.UNREACHABLE, message: expect.stringContaining("Connect") },
      { name: lab().buildkitd.address, state: NodeState.RUNNING },
    ],
  });
  const context = fromPath(
    await contextOf({ Dockerfile: `FROM ${lab().registry.baseImage}\nRUN echo hello from the farm\n` }),
  );
  for (let attempt = 0; attempt < 2; attempt++) {
    const run = await mustBuild(host, { builder: "py-farm", environment, context, noCache: true });
    expect(run.output).toContain("hello from the farm");
  }
});

test("a killed member fails its own builds with a typed error, and the next builds use another member", async () => {
  const host = await startHost({ plugins: [plugin] });
  const daemons = [await startBuildkitd(), await startBuildkitd()];
  for (const daemon of daemons) onTestFinished(() => daemon.stop());
  const options = { members: daemons.map(({ address }) => address).join(",") };
  await host.builders.createBuilder({ name: "py-pool", driver: "pool", node: { options } });
  const specOf = (context: string) => ({ builder: "py-pool", context: fromPath(context) });

  // The context determines the member, so a few contexts suffice for builds on both.
  const builds: { id: string; context: string; daemon: number }[] = [];
  while (new Set(builds.map(({ daemon }) => daemon)).size < 2) {
    const mark = randomUUID();
    const endless = `RUN echo started && while true; do sleep 0.2; done # ${mark}\n`;
    const context = await contextOf({ Dockerfile: `FROM ${lab().registry.baseImage}\n${endless}` });
    const { build } = await host.builds.startBuild({ spec: specOf(context) });
    await until("the step to run", async () => (await pidsOf("started", mark)).length > 0);
    const ancestors = await ancestorsOf((await pidsOf("started", mark))[0]!);
    builds.push({ id: build!.id, context, daemon: daemons.findIndex(({ pid }) => ancestors.includes(pid)) });
    expect(builds.length).toBeLessThan(20);
  }
  const lost = builds[0]!.daemon;
  await daemons[lost]!.kill();
  for (const { id, context, daemon } of builds) {
    if (daemon !== lost) {
      // The other member's builds still run.
      await host.builds.cancelBuild({ id });
      expect((await watchToEnd(host, id)).finished.state).toBe(BuildState.CANCELED);
      continue;
    }
    const { finished } = await watchToEnd(host, id);
    expect(finished).toMatchObject({ state: BuildState.FAILED, error: { reason: "BUILDKIT_LOST" } });
    expect(finished.error!.message).toContain(`The member ${daemons[lost]!.address} does not answer`);
    await writeFile(
      join(context, "Dockerfile"),
      `FROM ${lab().registry.baseImage}\nRUN echo built elsewhere\n`,
    );
    expect((await mustBuild(host, { ...specOf(context), noCache: true })).output).toContain(
      "built elsewhere",
    );
  }
  const { builder } = await host.builders.getBuilder({ name: "py-pool", inspect: true });
  expect(builder!.nodes[0]!.status).toMatchObject({ backend: "pool, 1 of 2 members up", changedFields: [] });
});

/** The ancestors of a process. */
async function ancestorsOf(pid: number): Promise<number[]> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const parent = Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]);
  return parent ? [parent, ...(await ancestorsOf(parent))] : [];
}

test("keeps an affinity on its member, and moves it when the member is lost", async () => {
  const manager = await manage(plugin);
  const pool = await manager.use("pool");
  const daemons = [await startBuildkitd(), await startBuildkitd()];
  for (const daemon of daemons) onTestFinished(() => daemon.stop());
  const options = { members: daemons.map(({ address }) => address).join(",") };
  const config = create(NodeConfigSchema, { builder: "b", node: "b0", options });

  const workerOf = async (affinityKey: string) => {
    const lease = await Lease.acquire(pool, config, { purpose: LeasePurpose.BUILD, affinityKey });
    const client = lease.connect();
    const { record } = await client.control.listWorkers({});
    await client.close();
    const tunnel = connectBuildkit(() => openTunnel(pool.driver, { driver: "pool", leaseId: lease.id }));
    expect((await tunnel.control.listWorkers({})).record[0]!.id).toBe(record[0]!.id);
    await tunnel.close();
    lease.release();
    return record[0]!.id;
  };
  const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`);
  const before = await Promise.all(keys.map(workerOf));
  expect(new Set(before).size).toBe(2);
  expect(await Promise.all(keys.map(workerOf))).toEqual(before);

  await daemons[0]!.kill();
  const after = await Promise.all(keys.map(workerOf));
  expect(new Set(after).size).toBe(1);
  await daemons[1]!.kill();
  expect(await failure(workerOf("key-0"))).toMatchObject({ reason: "POOL_UNREACHABLE" });
  expect((await pool.driver.inspect({ driver: "pool", config })).status).toMatchObject({
    state: NodeState.UNREACHABLE,
    reason: "POOL_UNREACHABLE",
  });
});
