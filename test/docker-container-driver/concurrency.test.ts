import { expect, it } from "vitest";
import { fromPath, mustBuild } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { until } from "../lab/index.js";
import {
  boot,
  container,
  containerOf,
  createBuilder,
  docker,
  failureOf,
  outputs,
  runContext,
  sleepingBuild,
  statusOf,
} from "./harness.js";

/** How often a builder's container was created since a time, by the engine's events. */
async function creations(name: string, since: number): Promise<number> {
  const times = ["--since", String(since), "--until", String(Math.ceil(Date.now() / 1000))];
  const filters = [
    "--filter",
    `container=${containerOf(name)}`,
    "--filter",
    "type=container",
    "--filter",
    "event=create",
  ];
  return (await docker(["events", ...times, ...filters])).split("\n").filter(Boolean).length;
}

it("boots once for concurrent builds and hosts", async () => {
  const since = Math.floor(Date.now() / 1000);
  const [one, two] = await Promise.all([startHost(), startHost()]);
  const name = await createBuilder(one);
  await createBuilder(two, {}, { name });
  const source = fromPath(await runContext());
  const build = (host: TestHost) => mustBuild(host, { builder: name, context: source, outputs });
  await Promise.all([build(one), build(one), build(two), build(two)]);
  expect(await creations(name, since)).toBe(1);
  expect((await statusOf(two, name)).changedFields).toEqual([]);
});

it("does not replace a container with different settings while another program builds in it", async () => {
  const [one, two] = await Promise.all([startHost(), startHost()]);
  const name = await createBuilder(one);
  await createBuilder(two, { options: { memory: "1g" } }, { name });
  const { id, running } = await sleepingBuild(one, name);
  const { Id } = await container(name);
  const error = await failureOf(boot(two, name));
  expect(error).toMatchObject({ reason: "CONFIG_CHANGED" });
  expect(error?.message).toContain("options[memory]");
  expect((await container(name)).Id).toBe(Id);
  await one.builds.cancelBuild({ id });
  await running;
  // For some seconds the first host keeps its connection for the next build.
  await until("the container to be free", async () => !(await failureOf(boot(two, name))));
  expect((await container(name)).HostConfig.Memory).toBe(1024 ** 3);
});
