import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { driver } from "../../plugins/docker-container/src/driver.js";
import { NodeConfigSchema } from "../../src/driver/index.js";
import { readTypedError } from "../../src/errors/typed-error.js";
import { startHost } from "../host/host.js";
import { lab } from "../lab/index.js";
import { boot, builderName, container, containerOf, createBuilder, docker, statusOf } from "./harness.js";

it("creates the container with the options", async () => {
  const host = await startHost();
  const name = await createBuilder(host, {
    options: {
      network: "none",
      memory: "1g",
      "memory-swap": "-1",
      "cpu-quota": "150000",
      "cpu-period": "100000",
      "cpu-shares": "512",
      "cpuset-cpus": "0",
      "cpuset-mems": "0",
      "cgroup-parent": `/slipway-${builderName()}`,
      "restart-policy": "on-failure:3",
      "default-load": "1",
      "env.COLOUR": "blue, green=",
      "env.EMPTY": "",
    },
    daemonFlags: ["--debug"],
  });
  await boot(host, name);
  const { HostConfig, Config, Mounts } = await container(name);
  expect(HostConfig).toMatchObject({
    NetworkMode: "none",
    Memory: 1024 ** 3,
    MemorySwap: -1,
    CpuQuota: 150000,
    CpuPeriod: 100000,
    CpuShares: 512,
    CpusetCpus: "0",
    CpusetMems: "0",
    CgroupParent: expect.stringMatching(/^\/slipway-dc-/),
    RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 },
    DeviceRequests: null,
  });
  expect(Config.Env).toEqual(expect.arrayContaining(["COLOUR=blue, green=", "EMPTY="]));
  expect(Config.Cmd).toEqual(["--debug", "--allow-insecure-entitlement=network.host"]);
  expect(Mounts).toMatchObject([{ Type: "volume", Destination: "/var/lib/buildkit" }]);
  const [volume] = JSON.parse(await docker(["volume", "inspect", `${containerOf(name)}_state`]));
  expect(volume.Labels).toMatchObject({ "dev.slipway.builder": name, "dev.slipway.node": `${name}0` });
  const { builder } = await host.builders.getBuilder({ name });
  const { name: node, endpoint, options } = builder!.nodes[0]!.spec!;
  const config = create(NodeConfigSchema, { builder: name, node, endpoint, options });
  const call = { signal: AbortSignal.timeout(120_000), progress: async () => {}, credentials: {} };
  const { buildDefaults } = await driver.inspect(config, call);
  expect(buildDefaults?.loadByDefault).toBe(true);
  expect(await docker(["logs", containerOf(name)])).toBeDefined();
  expect(await docker(["ps", "--quiet", "--filter", `label=dev.slipway.builder=${name}`])).toMatch(/^\w+$/);
});

it("reports all invalid options at once, and stores nothing", async () => {
  const host = await startHost();
  const name = builderName();
  const error = await createBuilder(
    host,
    {
      options: {
        image: "Not An Image",
        memory: "much",
        "memory-swap": "-2",
        "cpu-shares": "1.5",
        "restart-policy": "sometimes",
        "default-load": "perhaps",
        "env.": "x",
        colour: "blue",
      },
    },
    { name },
  ).then(() => undefined, readTypedError);
  expect(error?.fields?.map(({ field }) => field).sort()).toEqual(
    ["image", "memory", "memory-swap", "cpu-shares", "restart-policy", "default-load", "env.", "colour"]
      .map((option) => `node.options[${option}]`)
      .sort(),
  );
  await expect(host.builders.getBuilder({ name })).rejects.toThrow("No builder");
});

it("applies changed options to a container, and keeps its cache", async () => {
  const host = await startHost();
  const name = await createBuilder(host, { options: { memory: "1g" } });
  await boot(host, name);
  const before = await container(name);
  const [volume] = JSON.parse(await docker(["volume", "inspect", `${containerOf(name)}_state`]));

  await host.builders.removeBuilder({ name, keepDaemon: true });
  await createBuilder(host, { options: { memory: "2g", "env.A": "b" } }, { name });
  expect((await statusOf(host, name)).changedFields).toEqual(["options[env.A]", "options[memory]"]);
  const steps = await boot(host, name);
  expect(steps.join()).toContain("for changed settings: options[env.A], options[memory]");
  const after = await container(name);
  expect(after.Id).not.toBe(before.Id);
  expect(after.HostConfig.Memory).toBe(2 * 1024 ** 3);
  const [kept] = JSON.parse(await docker(["volume", "inspect", `${containerOf(name)}_state`]));
  expect(kept.CreatedAt).toBe(volume.CreatedAt);
  expect((await statusOf(host, name)).changedFields).toEqual([]);
});

it("an update of a running container is reported, and applied by the next boot", async () => {
  const host = await startHost();
  const name = await createBuilder(host, { options: { memory: "1g", "cpu-shares": "512" } });
  await boot(host, name);
  const { diagnostics } = await host.builders.updateNode({
    builder: name,
    node: { options: { memory: "2g" } },
    updateMask: { paths: ["options.memory", "options.cpu-shares"] },
  });
  expect(diagnostics).toMatchObject([
    { reason: "CONFIG_CHANGED", message: expect.stringContaining("options[cpu-shares], options[memory]") },
  ]);
  await boot(host, name);
  const { HostConfig } = await container(name);
  expect(HostConfig).toMatchObject({ Memory: 2 * 1024 ** 3, CpuShares: 0 });
  expect((await statusOf(host, name)).changedFields).toEqual([]);
});

it("reports the error of the engine, and leaves nothing behind", async () => {
  const host = await startHost();
  const name = await createBuilder(host, { options: { network: "no-such-network" } });
  const error = await boot(host, name).then(() => undefined, readTypedError);
  expect(error).toMatchObject({ reason: expect.stringMatching(/^CONTAINER_/) });
  expect(error?.message).toContain("no-such-network");
  expect(await container(name)).toBeUndefined();
  expect(await docker(["volume", "ls", "-q", "--filter", `name=${containerOf(name)}`])).toBe("");
});

it("reports why an image cannot be pulled", async () => {
  const host = await startHost();
  const image = `${lab().registry.host}/dc/no-such-image:1`;
  const name = await createBuilder(host, { options: { image } });
  const error = await boot(host, name).then(() => undefined, readTypedError);
  expect(error).toMatchObject({ reason: "IMAGE_UNAVAILABLE" });
  expect(error?.message).toContain(image);
  expect(error?.message).toMatch(/not found|manifest unknown/);
  expect(await container(name)).toBeUndefined();
});
