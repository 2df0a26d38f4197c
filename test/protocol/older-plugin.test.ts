import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { PluginState } from "../../src/gen/slipway/v1/plugin_pb.js";
import { slipwayOf } from "../cli/slipway.js";
import {
  builderName,
  container,
  containerOf,
  docker,
  failureOf,
  hasVolume,
  nodeOn,
  runContext,
} from "../docker-container-driver/harness.js";
import { installBeforeSplit, installOlder } from "../fixtures/plugins/install.js";
import { contextOf, fromPath } from "../host/build.js";
import { startHost } from "../host/host.js";
import { lab, pidsOf, tempDir, until } from "../lab/index.js";
import { beforeSplit } from "./frozen.js";

/** Starts a host with an older plugin instead of a bundled one, with its command line. */
async function withOlder(driver: string) {
  const plugins = await tempDir();
  await installOlder(plugins, driver);
  const host = await startHost({ plugins: [plugins] });
  const slipway = slipwayOf(host);
  const must = async (...args: string[]) => {
    const { code, stdout, stderr } = await slipway(args);
    if (code !== 0) throw new Error(`slipway ${args.join(" ")} exited with ${code}:\n${stderr}`);
    return `${stdout}${stderr}`;
  };
  return { host, slipway, must };
}

it("this host boots, builds, loads, stops and removes nodes with an older docker-container", async () => {
  const { host, must } = await withOlder("docker-container");
  const name = builderName();
  const { endpoint, options } = await nodeOn(lab().engine29);
  const node = ["--driver", "docker-container", "--driver-opt", `image=${options.image}`, endpoint];
  await must("create", "--name", name, ...node);
  expect(await must("inspect", "--bootstrap", name)).toMatch(/Status: +running/);
  const text = randomUUID();
  const ran = new RegExp(`^#\\d+ [\\d.]+ ran ${text}`, "m");
  const context = await runContext(`echo ran ${text}`);
  expect(
    await must("build", "--builder", name, "--progress", "plain", "--load", "-t", name, context),
  ).toMatch(new RegExp(`^#\\d+ [\\d.]+ ran ${text}`, "m"));
  expect(await docker(["image", "inspect", "--format", "{{.Architecture}}", name])).not.toBe("");
  await docker(["rmi", name]);

  await must("stop", name);
  expect(await must("inspect", name)).toMatch(/Status: +stopped/);
  const again = await must("build", "--builder", name, "--progress", "plain", context);
  expect(again).not.toMatch(ran);
  // The older plugin does not report a kept state; the newer one does.
  await must("rm", "--keep-state", name);
  expect([await container(name), await hasVolume(name)]).toEqual([undefined, true]);
  await docker(["volume", "rm", `${containerOf(name)}_state`]);

  const { plugins } = await host.plugins.listPlugins({});
  expect(plugins.find((plugin) => plugin.name === "older")).toMatchObject({
    report: { peer: { name: "older", version: "0.0.1" } },
    restartCount: 0,
    lastLines: expect.not.arrayContaining([expect.stringContaining("UNIMPLEMENTED")]),
  });
  expect(await must("plugins", "list")).toMatch(/docker-container.*older/);
});

it("loads images completely with an older docker, without asking for layers", async () => {
  const { host, must } = await withOlder("docker");
  const { drivers } = await host.plugins.listDrivers({});
  const { capabilities } = drivers.find(({ plugin }) => plugin === "older")!;
  expect(capabilities.map(({ id }) => id)).toEqual([
    "builders.implicit",
    "image-store",
    "tunnel",
    "com.example.unknown",
  ]);
  expect(await must("drivers", "docker")).toMatch(
    /^Capabilities: builders\.implicit, image-store, tunnel, /m,
  );
  const name = `older-${randomUUID()}`;
  await must("create", "--name", "far", "--driver", "remote", lab().buildkitd.address);
  const context = await contextOf({
    Dockerfile: `FROM ${lab().registry.baseImage}\nCOPY Dockerfile /${name}\n`,
  });
  for (const _ of ["first", "again"])
    expect(await must("build", "--builder", "far", "--load", "-t", name, context)).toMatch(
      /importing to docker/,
    );
  await docker(["rmi", name]);
  // The same with the engine's implicit builder.
  await must("build", "-t", name, context);
  expect(await docker(["image", "inspect", "--format", "{{.Id}}", name])).toMatch(/^sha256:/);
  await docker(["rmi", name]);
  expect(await must("ls")).toMatch(/^default\* +docker/m);
});

it("names the capability that an older driver lacks", async () => {
  const { host, slipway, must } = await withOlder("remote");
  await must("create", "--name", "far", "--driver", "remote", lab().buildkitd.address);
  await must(
    "build",
    "--builder",
    "far",
    await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }),
  );
  expect(await slipway(["stop", "far"])).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(
      /WARNING: Builder far cannot be stopped: the driver remote lacks the capability builders\.stop/,
    ),
  });
  const config = join(await contextOf({ "buildkitd.toml": "debug = true\n" }), "buildkitd.toml");
  const create = ["create", "--name", "other", "--driver", "remote", "--buildkitd-config", config];
  expect(await slipway([...create, lab().buildkitd.address])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/config file is not supported for remote driver/),
  });
  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }));
  const destination = { case: "imageStore" as const, value: { driver: "remote" } };
  const spec = { builder: "far", context, outputs: [{ type: "docker", destination }] };
  expect(await failureOf(host.builds.startBuild({ spec }))).toMatchObject({
    reason: "CAPABILITY_UNSUPPORTED",
    message: expect.stringContaining("the driver remote lacks the capability image-store"),
    metadata: { driver: "remote", capability: "image-store" },
  });
  await must("rm", "far");
});

it("refuses a plugin from before the packages were split, says what to do, and ends its process", async () => {
  const plugins = await tempDir();
  // Its line decides, whatever its manifest says.
  await installBeforeSplit(plugins, "remote", [1, 2]);
  const host = await startHost({ plugins: [plugins] });
  const node = { endpoint: lab().buildkitd.address };
  expect(await failureOf(host.builders.createBuilder({ name: "far", driver: "remote", node }))).toMatchObject(
    {
      code: Code.FailedPrecondition,
      reason: "PLUGIN_PROTOCOL_MISMATCH",
      message: expect.stringContaining("it speaks version 1 of the driver protocol; this host speaks 2"),
      remedy: "Install a version of the plugin that fits this host, or change the version of the host.",
      metadata: { plugin: "older" },
    },
  );
  await until("its process has ended", async () => (await pidsOf("main.js", beforeSplit)).length === 0);
  const { builders } = await host.builders.listBuilders({});
  expect(builders.map(({ name }) => name)).not.toContain("far");
});

it("does not start a plugin from before the packages were split whose manifest says so", async () => {
  const plugins = await tempDir();
  await installBeforeSplit(plugins, "remote", [1]);
  const host = await startHost({ plugins: [plugins] });
  const listed = await host.plugins.listPlugins({});
  expect(listed.plugins.find(({ name }) => name === "older")).toMatchObject({
    state: PluginState.INVALID,
    reason: "PLUGIN_INVALID",
    message: expect.stringMatching(/speaks driver protocol 1/),
    pid: 0,
  });
});
