import { randomUUID } from "node:crypto";
import { expect, it, onTestFinished } from "vitest";
import { NodeState } from "../../src/gen/slipway/common/v1/node_state_pb.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { fromPath, mustBuild } from "../host/build.js";
import { startHost } from "../host/host.js";
import { lab, startEngine } from "../lab/index.js";
import {
  boot,
  container,
  containerOf,
  createBuilder,
  docker,
  failureOf,
  hasVolume,
  nodeOn,
  outputs,
  runContext,
  sleepingBuild,
  statusOf,
} from "./harness.js";
import { restartEngine } from "./restart-engine.js";

it.each([
  ["a flag that buildkitd does not know", { daemonFlags: ["--no-such-flag"] }, /no-such-flag/],
  [
    "a setting of the wrong type",
    { daemonFiles: { "buildkitd.toml": Buffer.from('[worker.oci]\nmax-parallelism = "many"\n') } },
    /max-parallelism|incompatible|cannot decode/i,
  ],
])("reports the log of a BuildKit that exits on %s, and leaves nothing behind", async (_what, node, log) => {
  const host = await startHost();
  const name = await createBuilder(host, node);
  const error = await failureOf(boot(host, name));
  expect(error).toMatchObject({ reason: "BUILDKIT_EXITED" });
  expect(error?.message).toMatch(log);
  expect(await container(name)).toBeUndefined();
  expect(await hasVolume(name)).toBe(false);
});

it("ends the builds of a killed container, and boots it again for the next build", async () => {
  const host = await startHost();
  const name = await createBuilder(host);
  const { running } = await sleepingBuild(host, name);
  await docker(["kill", containerOf(name)]);
  const { finished } = await running;
  expect(finished.state).toBe(BuildState.FAILED);
  expect(finished.error).toMatchObject({ reason: expect.stringMatching(/CONTAINER_EXITED|BUILDKIT_/) });
  expect(finished.error?.message).not.toBe("");
  await mustBuild(host, { builder: name, context: fromPath(await runContext()), outputs });
});

it("reports the error of an engine that cannot start privileged containers, and leaves nothing behind", async () => {
  const host = await startHost();
  const name = await createBuilder(host, {}, { engine: lab().engine20 });
  const error = await failureOf(boot(host, name));
  expect(error).toMatchObject({ reason: "CONTAINER_START_FAILED" });
  expect(error?.message).toContain("operation not permitted");
  expect(error?.remedy).toContain("privileged");
  expect(await container(name, lab().engine20)).toBeUndefined();
  expect(await hasVolume(name, lab().engine20)).toBe(false);
});

it("recovers after its engine was killed and restarted", async () => {
  const engine = await startEngine(29);
  onTestFinished(() => engine.stop());
  const host = await startHost();
  const name = `dc-${randomUUID().slice(0, 8)}`;
  await host.builders.createBuilder({ name, driver: "docker-container", node: await nodeOn(engine) });
  await mustBuild(host, { builder: name, context: fromPath(await runContext()), outputs });
  const start = await restartEngine(engine);
  expect(await statusOf(host, name)).toMatchObject({
    state: NodeState.UNREACHABLE,
    reason: expect.stringMatching(/^ENGINE_/),
  });
  await start();
  await mustBuild(host, { builder: name, context: fromPath(await runContext("echo again")), outputs });
});
