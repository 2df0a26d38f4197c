import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { NodeState } from "../../src/gen/slipway/common/v1/node_state_pb.js";
import { fromPath, mustBuild } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import {
  boot,
  container,
  createBuilder,
  docker,
  hasVolume,
  outputs,
  runContext,
  statusOf,
} from "./harness.js";

/** A build with one RUN step; the text changes its cache key. */
async function buildWithRun(host: TestHost, builder: string, text: string) {
  const context = await runContext(`echo "ran ${text}"`);
  return mustBuild(host, { builder, context: fromPath(context), outputs });
}

it("boots at the first build, stops, starts again with its cache, and is removed", async () => {
  const host = await startHost();
  const name = await createBuilder(host);
  expect(await statusOf(host, name)).toMatchObject({
    state: NodeState.ABSENT,
    reason: "CONTAINER_ABSENT",
    stateKept: false,
  });
  const text = randomUUID();
  const first = await buildWithRun(host, name, text);
  expect(first.output).toContain(`ran ${text}`);

  const made = await container(name);
  expect(made.HostConfig).toMatchObject({
    Privileged: true,
    Init: true,
    RestartPolicy: { Name: "unless-stopped" },
    CgroupParent: "/docker/buildx",
  });
  expect(made.Config.Cmd).toEqual(["--allow-insecure-entitlement=network.host"]);
  expect(made.Config.Labels).toMatchObject({
    "dev.slipway.driver": "docker-container",
    "dev.slipway.builder": name,
    "dev.slipway.node": `${name}0`,
  });
  expect(await statusOf(host, name)).toMatchObject({
    state: NodeState.RUNNING,
    reason: "",
    changedFields: [],
    backend: expect.stringMatching(/^Docker Engine 29/),
  });

  await host.builders.stopBuilder({ name });
  await host.builders.stopBuilder({ name });
  expect(await statusOf(host, name)).toMatchObject({
    state: NodeState.STOPPED,
    reason: "CONTAINER_EXITED",
  });
  const again = await buildWithRun(host, name, text);
  expect(again.output).not.toContain("ran");
  expect((await container(name)).Id).toBe(made.Id);

  const { removed } = await host.builders.removeBuilder({ name });
  expect(removed).toEqual([`buildx_buildkit_${name}0`, `buildx_buildkit_${name}0_state`]);
  expect(await container(name)).toBeUndefined();
  expect(await hasVolume(name)).toBe(false);
});

it("keeps the cache for a later node of the same name, or keeps the daemon", async () => {
  const host = await startHost();
  const name = await createBuilder(host);
  const text = randomUUID();
  await buildWithRun(host, name, text);
  expect(await host.builders.removeBuilder({ name, keepState: true })).toMatchObject({
    removed: [`buildx_buildkit_${name}0`],
    kept: [`buildx_buildkit_${name}0_state`],
  });
  expect(await container(name)).toBeUndefined();
  expect(await hasVolume(name)).toBe(true);

  await createBuilder(host, {}, { name });
  expect(await statusOf(host, name)).toMatchObject({ state: NodeState.ABSENT, stateKept: true });
  expect((await buildWithRun(host, name, text)).output).not.toContain("ran");

  const { Id } = await container(name);
  expect(await host.builders.removeBuilder({ name, keepDaemon: true })).toMatchObject({
    removed: [],
    kept: [`buildx_buildkit_${name}0`],
  });
  expect(await container(name)).toMatchObject({ Id, State: { Running: true } });
  await createBuilder(host, {}, { name });
  expect((await buildWithRun(host, name, text)).output).not.toContain("ran");
  expect((await container(name)).Id).toBe(Id);
});

it("reports why it does not run, and boots again", async () => {
  const host = await startHost();
  const name = await createBuilder(host);
  expect(await boot(host, name)).toEqual(
    expect.arrayContaining([`Creating container buildx_buildkit_${name}0`, "Waiting for BuildKit to answer"]),
  );
  await docker(["pause", `buildx_buildkit_${name}0`]);
  expect(await statusOf(host, name)).toMatchObject({
    state: NodeState.STOPPED,
    reason: "CONTAINER_PAUSED",
  });
  await boot(host, name);
  expect((await statusOf(host, name)).state).toBe(NodeState.RUNNING);

  await docker(["rm", "--force", `buildx_buildkit_${name}0`]);
  expect((await statusOf(host, name)).reason).toBe("CONTAINER_ABSENT");
  await buildWithRun(host, name, randomUUID());
  expect((await statusOf(host, name)).state).toBe(NodeState.RUNNING);
});

it("starts a container that was created and never started", async () => {
  const host = await startHost();
  const name = await createBuilder(host, {
    daemonFiles: { "buildkitd.toml": Buffer.from("debug = true\n") },
  });
  await boot(host, name);
  const { Config, HostConfig } = await container(name);
  await docker(["rm", "--force", `buildx_buildkit_${name}0`]);
  const labels = Object.entries(Config.Labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
  await docker([
    ...["create", "--privileged", "--name", `buildx_buildkit_${name}0`, ...labels],
    ...["--volume", `${HostConfig.Mounts[0].Source}:/var/lib/buildkit`, Config.Image, ...Config.Cmd],
  ]);
  expect((await statusOf(host, name)).reason).toBe("CONTAINER_CREATED");
  await boot(host, name);
  expect((await statusOf(host, name)).state).toBe(NodeState.RUNNING);
});

it("does not touch the containers of other builders", async () => {
  const host = await startHost();
  const [kept, gone] = [await createBuilder(host), await createBuilder(host)];
  await Promise.all([boot(host, kept), boot(host, gone)]);
  await host.builders.removeBuilder({ name: gone });
  expect(await container(kept)).toBeDefined();
});
