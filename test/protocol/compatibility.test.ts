import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { slipwayOf } from "../cli/slipway.js";
import { bundlePlugin, installOdd } from "../fixtures/plugins/install.js";
import { contextOf } from "../host/build.js";
import { engineEnvironment, startHost } from "../host/host.js";
import { lab, tempDir } from "../lab/index.js";
import { beforeSplit } from "./frozen.js";
import { olderClient, olderHost } from "./older-peer.js";

const context = () =>
  contextOf({ Dockerfile: `FROM ${lab().registry.baseImage}\nRUN echo hello from ${randomUUID()}\n` });

it("an older client builds on this host", async () => {
  const host = await startHost();
  const older = await olderClient(host.socket);
  const [service, builders, builds] = ["HostService", "BuilderService", "BuildService"].map(older) as [
    ReturnType<typeof older>,
    ReturnType<typeof older>,
    ReturnType<typeof older>,
  ];
  const { capabilities } = await service.negotiate!({
    client: { name: "older", version: "0.0.1" },
    capabilities: [{ id: "com.example.unknown" }],
    requiredCapabilities: ["builds", "builders", "outputs.stream"],
  });
  const ids = capabilities.map(({ id }: { id: string }) => id);
  // The older client ignores new ids.
  expect(ids).toContain("plugins.install");

  const node = { endpoint: lab().buildkitd.address };
  await builders.createBuilder!({ name: "older", driver: "remote", node });
  const environment = engineEnvironment("engine29");
  const spec = {
    builder: "older",
    environment,
    context: { source: { case: "path", value: await context() } },
    outputs: [{ type: "cacheonly" }],
  };
  const { build } = await builds.startBuild!({ requestId: randomUUID(), spec });
  const cases: string[] = [];
  for await (const { event } of builds.watchBuild!({ id: build.id })) cases.push(event.event.case);
  expect(cases.at(0)).toBe("accepted");
  expect(cases).toContain("progress");
  expect(cases.at(-1)).toBe("finished");
  expect((await builds.getBuild!({ id: build.id })).build).toMatchObject({ driver: "remote" });
  const listed = await builders.listBuilders!({ environment, inspect: true });
  expect(listed.builders.map(({ name }: { name: string }) => name)).toEqual(["older", "default"]);
  expect((await builders.getDiskUsage!({ builder: "older" })).records.length).toBeGreaterThan(0);
  await builders.removeBuilder!({ name: "older" });
});

it("refuses a client from before the packages were split, with the version that it needs", async () => {
  const host = await startHost();
  const older = await olderClient(host.socket, beforeSplit);
  const system = older("SystemService");
  const error = await system.negotiate!({ client: { name: "older" } }).then(() => undefined, readTypedError);
  expect(error).toMatchObject({
    reason: "CLIENT_OUTDATED",
    message: expect.stringMatching(/SystemService\/Negotiate, which Slipway [\d.]+ no longer has/),
    remedy: expect.stringMatching(/^Use a client of Slipway [\d.]+ or later\.$/),
  });
});

it("this client builds on an older host, and reports what the host lacks", async () => {
  const host = await startHost();
  const socket = await olderHost(host.socket);
  const slipway = slipwayOf(host);
  const env = { SLIPWAY_HOST: `unix://${socket}` };
  const run = (...args: string[]) => slipway(args, { env });
  const { address } = lab().buildkitd;
  expect(await run("create", "--name", "newer", "--driver", "remote", address)).toMatchObject({ code: 0 });
  const built = await run("build", "--builder", "newer", "--progress", "plain", await context());
  expect(built).toMatchObject({ code: 0, stderr: expect.stringMatching(/^#\d+ .*hello from/m) });
  expect(await run("ls")).toMatchObject({ code: 0, stdout: expect.stringContaining("newer") });
  expect(await run("du", "--builder", "newer")).toMatchObject({ code: 0 });
  const { code, stderr } = await run("plugins", "verify");
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^ERROR: The host does not have slipway.v1.PluginService\/VerifyPlugins: it is older/,
  );
  expect(await run("rm", "newer")).toMatchObject({ code: 0 });
});

it("refuses a client that requires a capability which this host lacks, and names it", async () => {
  const host = await startHost();
  const requiredCapabilities = ["builds", "com.example.teleport"];
  const error = await host.host.negotiate({ requiredCapabilities }).then(() => undefined, readTypedError);
  expect(error).toMatchObject({
    reason: "CAPABILITY_REQUIRED",
    message: expect.stringContaining("com.example.teleport"),
    metadata: { capabilities: "com.example.teleport" },
  });
  expect(error!.message).not.toContain("builds");
});

it("refuses a plugin that requires a capability which this host lacks, and works without it", async () => {
  const plugins = await tempDir();
  const bundle = join(plugins, "odd.js");
  await bundlePlugin("odd", bundle);
  await installOdd(plugins, "demanding", bundle);
  const host = await startHost({ plugins: [plugins] });
  const slipway = slipwayOf(host);
  const { code, stderr } = await slipway(["create", "--name", "odd", "--driver", "odd"]);
  expect(code).toBe(1);
  expect(stderr).toContain("needs a host with the capability warp. (CAPABILITY_REQUIRED)");
  expect(stderr).toContain("HINT: Update the host, or use an older version of the plugin.");
  expect((await slipway(["plugins", "list"])).stdout).toMatch(
    /\nodd is (backoff|quarantined): .*the capability warp/,
  );
  const far = ["create", "--name", "far", "--driver", "remote", lab().buildkitd.address];
  expect(await slipway(far)).toMatchObject({ code: 0 });
});
