import { rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { type BuildEvent, BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { type Slipway, slipwayOf } from "../cli/slipway.js";
import { baseLayer } from "../docker-container-driver/base-layer.js";
import {
  boot,
  builderName,
  container,
  containerOf,
  createBuilder,
  docker,
  hasVolume,
  nodeOn,
  statusOf,
} from "../docker-container-driver/harness.js";
import { contextOf, fromPath, watchToEnd } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { lab, must, tempDir } from "../lab/index.js";
import { failure, storedBuilders } from "./harness.js";

let host: TestHost;
let slipway: Slipway;
/** The user's Docker configuration folder. */
let config: string;
beforeEach(async () => {
  host = await startHost();
  config = await tempDir();
  const plain = slipwayOf(host);
  slipway = (args, options) => plain(args, { ...options, env: { DOCKER_CONFIG: config, ...options?.env } });
});

const buildx = (args: string[]) =>
  must(lab().buildx, args, {
    env: { PATH: process.env.PATH, DOCKER_HOST: lab().engine29.host, DOCKER_CONFIG: config },
  });
/** A context that needs no registry, since containers cannot reach the lab's. */
const scratch = () => contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });

it("uses and stops a container that buildx created, but refuses to remove it", async () => {
  const name = builderName();
  const { image } = (await nodeOn(lab().engine29)).options;
  await buildx([
    "create",
    "--name",
    name,
    "--driver",
    "docker-container",
    "--driver-opt",
    `image=${image}`,
    "--bootstrap",
  ]);
  const { Id } = await container(name);
  expect((await slipway(["ls"])).stdout).toMatch(
    new RegExp(`^${name} +docker-container +\\n.*${name}0 .* running`, "m"),
  );
  expect((await slipway(["build", "--builder", name, await scratch()])).code).toBe(0);
  expect((await slipway(["stop", name])).code).toBe(0);
  expect((await container(name)).State.Status).toBe("exited");
  expect((await slipway(["inspect", "--bootstrap", name])).stdout).toMatch(/^Status: +running$/m);
  expect((await slipway(["rm", name])).stderr).toContain(`docker buildx rm ${name}`);
  expect((await container(name)).Id).toBe(Id);
  await buildx(["rm", name]);
  expect((await slipway(["ls"])).stdout).not.toContain(name);
});

it("creates a container that buildx finds by name and uses", async () => {
  const name = await createBuilder(host);
  await boot(host, name);
  const { Id } = await container(name);
  await buildx(["create", "--name", name, "--driver", "docker-container"]);
  expect((await buildx(["inspect", name])).stdout).toMatch(/^Status: +running$/m);
  await buildx(["build", "--builder", name, await scratch()]);
  expect((await container(name)).Id).toBe(Id);
});

it("stops and removes, with or without its cache, from the command line", async () => {
  const name = await createBuilder(host);
  await boot(host, name);
  expect((await slipway(["use", name])).code).toBe(0);
  expect((await slipway(["stop"])).code).toBe(0);
  expect((await slipway(["ls", "--format", "{{.Name}} {{.Status}}"])).stdout).toContain(`${name}0 stopped\n`);
  expect(await slipway(["rm", "--keep-state"])).toMatchObject({
    stdout: "",
    stderr: `${name} removed\nbuildx_buildkit_${name}0_state kept\n`,
  });
  expect([await container(name), await hasVolume(name)]).toEqual([undefined, true]);
  expect((await slipway(["inspect"])).stdout).toMatch(/^Name: +default\n/);

  await createBuilder(host, {}, { name });
  expect((await slipway(["rm", "--all-inactive"], { input: "n\n" })).stderr).toBe("");
  expect(await slipway(["rm", "--all-inactive"], { input: "y\n" })).toMatchObject({
    stdout: expect.stringMatching(/^WARNING! This will remove all builders that are not in running state\. /),
    stderr: `${name} removed\n`,
  });
  expect([await container(name), await hasVolume(name)]).toEqual([undefined, false]);
});

it("keeps a builder when one of its nodes cannot be removed, except with force", async () => {
  const name = await createBuilder(host);
  await boot(host, name);
  const { options } = await nodeOn(lab().engine29);
  await host.builders.appendNode({ builder: name, node: { endpoint: "unix:///nope/docker.sock", options } });
  const before = await storedBuilders(host);
  const refused = await slipway(["rm", name]);
  expect([refused.code, refused.stdout]).toEqual([1, ""]);
  expect(refused.stderr).toMatch(
    new RegExp(`^ERROR: Builder ${name} was not changed.*${name}1: .*/nope/docker.sock`),
  );
  expect(await storedBuilders(host)).toEqual(before);
  expect(await failure(host.builders.leaveNode({ builder: name, node: `${name}1` }))).toMatchObject({
    message: expect.stringContaining("/nope/docker.sock"),
  });
  expect(await storedBuilders(host)).toEqual(before);
  const left = await slipway(["create", "--leave", "--force", "--name", name, "--node", `${name}1`]);
  expect([left.code, left.stdout]).toEqual([0, `${name}\n`]);
  expect(left.stderr).toMatch(/^WARNING: What node .* created could not be removed: /);

  await host.builders.appendNode({ builder: name, node: { endpoint: "unix:///nope/docker.sock", options } });
  const forced = await slipway(["rm", "--force", name]);
  expect([forced.code, forced.stdout]).toEqual([0, ""]);
  expect(forced.stderr).toMatch(
    new RegExp(`^WARNING: What node ${name}1 created could not be removed.*\n${name} removed\n`, "s"),
  );
  expect([await container(name), await storedBuilders(host)]).toEqual([undefined, []]);
});

it("a cache that is left when a builder is removed by force never gets to builds of the other class", async () => {
  const name = builderName();
  // The engine is away without this link.
  const socket = join(await tempDir(), "docker.sock");
  const link = () => symlink(lab().engine29.socket, socket);
  await link();
  const node = await nodeOn({ socket, host: `unix://${socket}` });
  const create = (untrusted: boolean, more: object = {}) =>
    host.builders.createBuilder({ name, driver: "docker-container", node, untrusted, ...more });
  await create(true);
  await boot(host, name);
  await rm(socket);
  const { diagnostics } = await host.builders.removeBuilder({ name, force: true });
  expect(diagnostics).toHaveLength(1);

  await link();
  expect(await hasVolume(name)).toBe(true);
  expect(await failure(create(false))).toMatchObject({
    reason: "STATE_TRUST",
    fields: [{ field: "node.name" }],
  });
  const other = { ...node, endpoint: lab().engine29.host };
  await create(false, { name: `${name}-other`, node: other });
  const append = host.builders.appendNode({ builder: `${name}-other`, node: { ...node, name: `${name}0` } });
  expect(await failure(append)).toMatchObject({ reason: "STATE_TRUST" });
  await host.builders.removeBuilder({ name: `${name}-other` });

  await create(true);
  await host.builders.removeBuilder({ name });
  expect(await hasVolume(name)).toBe(false);
  await create(false);
  await boot(host, name);
  // The same holds for a cache that was kept.
  await host.builders.removeBuilder({ name, keepState: true });
  expect(await failure(create(true))).toMatchObject({ reason: "STATE_TRUST" });
  await create(false);
});

it("removes what a failed boot created, and keeps the cache of an earlier builder", async () => {
  const name = builderName();
  // The daemon exits at once, so the boot fails after the container and its volume were created.
  const node = await nodeOn(lab().engine29, { daemonFlags: ["--no-such-flag"] });
  const create = async () => {
    const change = { case: "create", value: { name, driver: "docker-container", node } } as const;
    for await (const _ of host.builders.bootstrapBuilder({ change }));
  };
  expect((await failure(create())).message).toContain(`Cannot boot builder ${name}, so it was not created`);
  expect([await container(name), await hasVolume(name), await storedBuilders(host)]).toEqual([
    undefined,
    false,
    [],
  ]);

  await docker(["volume", "create", `${containerOf(name)}_state`]);
  await failure(create());
  expect([await container(name), await hasVolume(name), await storedBuilders(host)]).toEqual([
    undefined,
    true,
    [],
  ]);

  await createBuilder(host, {}, { name });
  await boot(host, name);
  const { Id } = await container(name);
  const before = await storedBuilders(host);
  const value = { builder: name, node: { name: `${name}0`, daemonFlags: ["--no-such-flag"] } };
  const append = async () => {
    for await (const _ of host.builders.bootstrapBuilder({ change: { case: "append", value } }));
  };
  expect((await failure(append())).message).toContain(`so builder ${name} was not changed`);
  expect(await storedBuilders(host)).toEqual(before);
  await boot(host, name);
  const after = await container(name);
  expect([after.State.Running, after.Id === Id]).toEqual([true, false]);
});

it("applies changed options when the builds with the former options have ended", async () => {
  const name = await createBuilder(host, { options: { memory: "1g" } });
  await boot(host, name);
  const { builder } = await host.builders.getBuilder({ name });
  const step = async (command: string) => {
    const context = await contextOf({ Dockerfile: `FROM scratch\nADD base.tar /\nRUN ${command}\n` });
    await baseLayer(context);
    const spec = { builder: name, context: fromPath(context), outputs: [{ type: "cacheonly" }] };
    return (await host.builds.startBuild({ spec })).build!.id;
  };
  const eventsOf = async (id: string, isEnough: (event: BuildEvent["event"]) => boolean) => {
    for await (const { event } of host.builds.watchBuild({ id })) if (isEnough(event!.event)) return;
    throw new Error("The build ended early.");
  };
  const long = await step("echo begun; while true; do sleep 0.2; done");
  await eventsOf(long, ({ case: kind, value }) => kind === "progress" && value.logs.length > 0);

  const { Id } = await container(name);
  const options = { ...builder!.nodes[0]!.spec!.options, memory: "512m" };
  const changed = await slipway([
    "create",
    "--name",
    name,
    "--node",
    `${name}0`,
    "--driver-opt",
    csv(options),
  ]);
  expect([changed.code, changed.stdout]).toEqual([0, `${name}\n`]);
  expect(changed.stderr).toMatch(/^WARNING: Node \S+ still runs with former settings: options\[memory\]/);
  expect((await slipway(["inspect", name])).stdout).toMatch(/^Changed: +options\[memory\]/m);
  // Other calls may still use the instance.
  expect((await slipway(["du", "--builder", name])).code).toBe(0);

  const next = await step("echo next");
  await eventsOf(
    next,
    ({ case: kind, value }) => kind === "bootstrap" && value.progress?.id === "former-builds",
  );
  expect((await container(name)).Id).toBe(Id);
  await host.builds.cancelBuild({ id: long });
  expect((await watchToEnd(host, long)).finished.state).toBe(BuildState.CANCELED);
  expect((await watchToEnd(host, next)).finished.state).toBe(BuildState.SUCCEEDED);
  expect((await container(name)).HostConfig.Memory).toBe(512 << 20);
  expect((await statusOf(host, name)).changedFields).toEqual([]);
});

function csv(options: Record<string, string>): string {
  return Object.entries(options)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}
