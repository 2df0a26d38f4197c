import { randomUUID } from "node:crypto";
import { expect, it, onTestFinished } from "vitest";
import { PluginState } from "../../src/gen/slipway/v1/plugin_pb.js";
import { contextOf, fromPath, mustBuild } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { lab, startBuildkitd, until } from "../lab/index.js";

/** Builds a layer that is not cached. */
async function build(host: TestHost, builder: string): Promise<void> {
  const Dockerfile = `FROM ${lab().registry.baseImage}\nRUN head -c 100000 /dev/urandom > /x # ${randomUUID()}\n`;
  await mustBuild(host, { builder, context: fromPath(await contextOf({ Dockerfile })) });
}

/** The total of each sample of a builder, by node. */
async function totals(host: TestHost, builder: string): Promise<Record<string, number[]>> {
  const { nodes } = await host.builders.getDiskUsageHistory({ builder });
  const sum = (sizes: Record<string, bigint>) =>
    Object.values(sizes).reduce((total, size) => total + Number(size), 0);
  return Object.fromEntries(
    nodes.map(({ node, samples }) => [node, samples.map(({ sizeBytes }) => sum(sizeBytes))]),
  );
}

it("the disk usage of nodes is recorded after builds, when it is asked for and after a prune, until they are removed", async () => {
  const daemons = await Promise.all([startBuildkitd(), startBuildkitd()]);
  for (const { stop } of daemons) onTestFinished(stop);
  const [first, second] = daemons;
  let host = await startHost();
  const create = (name: string, { address }: { address: string }) =>
    host.builders.createBuilder({ name, driver: "remote", node: { endpoint: address } });
  await create("watched", first!);
  await create("other", second!);
  expect(await totals(host, "watched")).toEqual({});

  // A second after the build.
  await build(host, "watched");
  await until("a sample after the build", async () => (await totals(host, "watched")).watched0?.length === 1);
  const { nodes } = await host.builders.getDiskUsageHistory({ builder: "watched" });
  const { records } = await host.builders.getDiskUsage({ builder: "watched" });
  const sizes: Record<string, bigint> = {};
  for (const { type, sizeBytes } of records) sizes[type] = (sizes[type] ?? 0n) + sizeBytes;
  expect(nodes[0]!.samples[0]!.sizeBytes).toEqual(sizes);
  expect(Object.keys(sizes)).toContain("regular");
  expect(Math.abs(Number(nodes[0]!.samples[0]!.time!.seconds) - Date.now() / 1000)).toBeLessThan(120);

  // What has not changed is not recorded again, nor is the part that a filter selects.
  expect((await totals(host, "watched")).watched0).toHaveLength(1);
  await build(host, "watched");
  await host.builders.getDiskUsage({ builder: "watched", filters: ["type==regular"] });
  expect((await totals(host, "watched")).watched0).toHaveLength(1);
  await host.builders.getDiskUsage({ builder: "watched" });
  for await (const _ of host.builders.pruneBuilder({ name: "watched", all: true }));
  const [before, grown, pruned] = (await totals(host, "watched")).watched0!;
  expect(grown).toBeGreaterThan(before!);
  expect(pruned).toBeLessThan(grown!);
  expect(await totals(host, "other")).toEqual({});

  const leaving = { name: "leaves", endpoint: first!.address };
  await host.builders.appendNode({ builder: "other", node: leaving });
  await host.builders.getDiskUsage({ builder: "other" });
  expect(Object.keys(await totals(host, "other"))).toEqual(["leaves", "other0"]);
  await host.builders.leaveNode({ builder: "other", node: "leaves" });
  await host.builders.appendNode({ builder: "other", node: leaving });
  expect(Object.keys(await totals(host, "other"))).toEqual(["other0"]);

  // It is there when neither the node nor the former host is.
  await first!.stop();
  host.process.kill("SIGTERM");
  await host.ended;
  host = await startHost({ folder: host.folder });
  expect((await totals(host, "watched")).watched0).toEqual([before, grown, pruned]);
  const { plugins } = await host.plugins.listPlugins({});
  expect(plugins.find(({ name }) => name === "remote")!.state).toBe(PluginState.IDLE);

  // Another endpoint has another cache, and a removed node none.
  await host.builders.appendNode({
    builder: "watched",
    node: { name: "watched0", endpoint: "tcp://127.0.0.1:9" },
  });
  expect(await totals(host, "watched")).toEqual({});
  await host.builders.appendNode({
    builder: "watched",
    node: { name: "watched0", endpoint: first!.address },
  });
  expect((await totals(host, "watched")).watched0).toHaveLength(3);
  await host.builders.removeBuilder({ name: "watched", force: true });
  await create("watched", first!);
  expect(await totals(host, "watched")).toEqual({});
});
