import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { PluginState } from "../../src/gen/slipway/v1/plugin_pb.js";
import { slipwayOf } from "../cli/slipway.js";
import { installHollow } from "../fixtures/plugins/install.js";
import { contextOf, fromPath, mustBuild, runBuild } from "../host/build.js";
import { engineEnvironment, startHost, type TestHost } from "../host/host.js";
import { lab, tempDir } from "../lab/index.js";
import { failure } from "./harness.js";

/** Starts a host with the incomplete plugin and a working builder. */
async function hollowHost(...args: "stores"[]): Promise<TestHost> {
  const plugins = await tempDir();
  await installHollow(plugins, ...args);
  const host = await startHost({ plugins: [plugins] });
  const node = { endpoint: lab().buildkitd.address };
  await host.builders.createBuilder({ name: "far", driver: "remote", node });
  return host;
}

/** Returns how often each method was called, and checks that the plugin still runs. */
async function calls(host: TestHost): Promise<Record<string, number>> {
  const { plugins } = await host.plugins.listPlugins({});
  const { lastLines, restartCount, state } = plugins.find(({ name }) => name === "hollow")!;
  expect({ restartCount, state }).toEqual({ restartCount: 0, state: PluginState.RUNNING });
  const counts: Record<string, number> = {};
  for (const line of lastLines) {
    const [, method] = /^Called: (\w+)$/.exec(line) ?? [];
    if (method) counts[method] = (counts[method] ?? 0) + 1;
  }
  return counts;
}

const context = () => contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });

it("tells the user which driver lacks which capability, calls it once, and keeps other builders usable", async () => {
  const host = await hollowHost();
  const slipway = slipwayOf(host);
  expect(await slipway(["create", "--name", "empty", "--driver", "hollow"])).toMatchObject({ code: 0 });
  const config = join(await contextOf({ "buildkitd.toml": "debug = true\n" }), "buildkitd.toml");
  const folder = await context();
  const cases: [method: string, capability: string, args: string[]][] = [
    ["Stop", "builders.stop", ["stop", "empty"]],
    ["Tunnel", "tunnel", ["build", "--builder", "empty", folder]],
    ["Validate", "daemon.config", ["create", "--driver", "hollow", "--buildkitd-config", config]],
    ["GetImageStore", "image-store", ["build", "--builder", "far", "--load", folder]],
  ];
  for (const [method, capability, args] of cases) {
    const before = (await calls(host))[method] ?? 0;
    const { code, stderr } = await slipway(args);
    const words = `The driver hollow advertises the capability ${capability}, but answers ${method} with UNIMPLEMENTED`;
    expect(stderr, args.join(" ")).toContain(words);
    expect(stderr).toMatch(/HINT: Report it to the author of the plugin hollow; the conformance kit lists/);
    expect(code).toBe(1);
    expect((await calls(host))[method], method).toBe(before + 1);
  }
  // The list lacks only the builders of the incomplete plugin.
  const { code, stdout, stderr } = await slipway(["ls"]);
  expect({ code, builders: stdout.match(/^\w+/gm) }).toEqual({
    code: 0,
    builders: expect.arrayContaining(["far", "empty", "default"]),
  });
  expect(stderr).toContain("capability builders.implicit, but answers ListImplicitBuilders");
  expect(await slipway(["build", "--builder", "far", folder])).toMatchObject({ code: 0 });
  expect(await slipway(["rm", "empty"])).toMatchObject({ code: 0 });
});

it("returns the code, the reason and the responsible plugin", async () => {
  const host = await hollowHost();
  await host.builders.createBuilder({ name: "empty", driver: "hollow" });
  const incomplete = (method: string, capability: string) => ({
    code: Code.Unimplemented,
    reason: "DRIVER_INCOMPLETE",
    domain: "slipway.dev",
    metadata: { plugin: "hollow", driver: "hollow", method, capability },
  });
  const daemonFlags = ["--debug"];
  const flags = host.builders.createBuilder({ driver: "hollow", node: { daemonFlags } });
  expect(await failure(flags)).toMatchObject(incomplete("Validate", "daemon.flags"));
  const spec = { builder: "empty", context: fromPath(await context()) };
  expect(await failure(host.builds.startBuild({ spec }))).toMatchObject(incomplete("Tunnel", "tunnel"));
  const stop = await failure(host.builders.stopBuilder({ name: "empty" }));
  expect(stop).toMatchObject({ code: Code.Unimplemented, reason: "DRIVER_INCOMPLETE" });
  const { builder } = await host.builders.getBuilder({ name: "empty", inspect: true });
  expect(builder!.nodes[0]!.error!.message).toContain("advertises the capability tunnel");
  const { diagnostics } = await host.builders.listBuilders({ environment: engineEnvironment("engine29") });
  expect(diagnostics).toMatchObject([{ reason: "DRIVER_INCOMPLETE" }]);
  await mustBuild(host, { ...spec, builder: "far" });
});

it("fails a build when the image store advertises layers but cannot find them", async () => {
  const host = await hollowHost("stores");
  const destination = { case: "imageStore" as const, value: { driver: "hollow" } };
  // Small layers are sent without FindLayers.
  const large = { Dockerfile: "FROM scratch\nCOPY large /\n", large: randomBytes(4 << 20).toString("hex") };
  const spec = { builder: "far", context: fromPath(await contextOf(large)) };
  const { finished } = await runBuild(host, { ...spec, outputs: [{ type: "docker", destination }] });
  expect(finished.error).toMatchObject({ reason: "DRIVER_INCOMPLETE", code: Code.Unimplemented });
  expect(finished.error!.message).toContain("capability image-store.layers");
  expect(await calls(host)).toMatchObject({ FindLayers: 1 });
  await mustBuild(host, spec);
});
