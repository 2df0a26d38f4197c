import { expect, it } from "vitest";
import { NodeState } from "../../src/gen/slipway/common/v1/node_state_pb.js";
import { contextOf, fromPath, mustBuild } from "../host/build.js";
import { startHost } from "../host/host.js";
import { lab, loadBuilderImage, must, tempDir } from "../lab/index.js";
import { boot, builderName, container, createBuilder, docker, hasVolume, statusOf } from "./harness.js";

const outputs = [{ type: "cacheonly" }];
const files = { Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" };

/** Real buildx with an empty configuration. */
async function buildxOf() {
  const env = { ...process.env, BUILDX_CONFIG: await tempDir(), DOCKER_HOST: lab().engine29.host };
  return (...args: string[]) => must(lab().buildx, args, { env });
}

const createArgs = async (name: string) => [
  ...["create", "--name", name, "--driver", "docker-container"],
  ...["--driver-opt", `image=${await loadBuilderImage(lab().engine29)}`],
];

it("uses a container that buildx booted without changing it, and removes it", async () => {
  const host = await startHost();
  const buildx = await buildxOf();
  const name = builderName();
  await buildx(...(await createArgs(name)), "--bootstrap");
  const made = await container(name);

  await createBuilder(host, { options: { memory: "1g" } }, { name });
  expect(await statusOf(host, name)).toMatchObject({
    state: NodeState.RUNNING,
    message: expect.stringContaining("created by another program"),
    changedFields: [],
  });
  await mustBuild(host, { builder: name, context: fromPath(await contextOf(files)), outputs });
  expect((await container(name)).Id).toBe(made.Id);
  await host.builders.stopBuilder({ name });
  await boot(host, name);
  expect((await container(name)).Id).toBe(made.Id);

  await host.builders.removeBuilder({ name });
  expect(await container(name)).toBeUndefined();
  expect(await hasVolume(name)).toBe(false);
});

it("boots a container that buildx then uses, stops and removes", async () => {
  const host = await startHost();
  const buildx = await buildxOf();
  const name = await createBuilder(host);
  await boot(host, name);
  const made = await container(name);

  await buildx(...(await createArgs(name)));
  const context = await contextOf(files);
  await buildx("build", "--builder", name, "--output", "type=cacheonly", context);
  expect((await container(name)).Id).toBe(made.Id);
  await buildx("stop", name);
  expect((await statusOf(host, name)).reason).toBe("CONTAINER_EXITED");
  await mustBuild(host, { builder: name, context: fromPath(context), outputs });
  await buildx("rm", name);
  expect((await statusOf(host, name)).state).toBe(NodeState.ABSENT);
  expect(await docker(["volume", "ls", "-q", "--filter", `name=${name}`])).toBe("");
});

it("creates the same container as buildx", async () => {
  const host = await startHost();
  const buildx = await buildxOf();
  const [theirs, ours] = [builderName(), await createBuilder(host)];
  await buildx(...(await createArgs(theirs)), "--bootstrap");
  await boot(host, ours);
  const shape = async (name: string) => {
    const { Config, HostConfig, Mounts } = await container(name);
    const { Labels: _labels, Hostname: _host, ...config } = Config;
    const text = JSON.stringify({ config, HostConfig, mounts: Mounts.length });
    return JSON.parse(text.replaceAll(name, "NAME"));
  };
  expect(await shape(ours)).toEqual(await shape(theirs));
});
