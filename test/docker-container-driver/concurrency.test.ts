import { spawn } from "node:child_process";
import { expect, it, onTestFinished } from "vitest";
import { fromPath, mustBuild } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { lab, until } from "../lab/index.js";
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

/**
 * Follows what the engine does with a builder's container; returns the actions so far. The engine keeps only its last
 * events, and other tests cause some, so they cannot be read later.
 */
function followContainer(name: string): () => string[] {
  const since = String(Math.floor(Date.now() / 1000));
  const filters = [`container=${containerOf(name)}`, "type=container", "event=create", "event=destroy"];
  const child = spawn(
    "docker",
    ["events", "--since", since, "--format", "{{.Action}}", ...filters.flatMap((one) => ["--filter", one])],
    { env: { ...process.env, DOCKER_HOST: lab().engine29.host }, stdio: ["ignore", "pipe", "inherit"] },
  );
  onTestFinished(() => void child.kill());
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  return () => text.split("\n").filter(Boolean);
}

it("boots once for concurrent builds and hosts", async () => {
  const [one, two] = await Promise.all([startHost(), startHost()]);
  const name = await createBuilder(one);
  const actions = followContainer(name);
  await createBuilder(two, {}, { name });
  const source = fromPath(await runContext());
  const build = (host: TestHost) => mustBuild(host, { builder: name, context: source, outputs });
  await Promise.all([build(one), build(one), build(two), build(two)]);
  expect((await statusOf(two, name)).changedFields).toEqual([]);
  await docker(["rm", "--force", containerOf(name)]);
  await until("the event of the removal", () => actions().includes("destroy"));
  expect(actions()).toEqual(["create", "destroy"]);
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
