import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { slipwayOf } from "../cli/slipway.js";
import { contextOf, fromPath, mustBuild, watchToEnd } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { lab, must, tempDir } from "../lab/index.js";
import { type Container, startInDocker, startInPodman } from "./builder-containers.js";
import { failure } from "./harness.js";

const from = (dockerfile: string) =>
  contextOf({ Dockerfile: `FROM ${lab().registry.baseImage}\n${dockerfile}\n` });

async function builds(host: TestHost): Promise<void> {
  const text = randomBytes(8).toString("hex");
  const spec = { builder: "remote0", context: fromPath(await from(`RUN echo ${text} from inside`)) };
  expect((await mustBuild(host, spec)).output).toContain(`${text} from inside`);
}

it.each([
  ["docker", startInDocker],
  ["podman", startInPodman],
])(
  "a BuildKit in a container of %s is used through its exec, also after the container was killed and restarted",
  async (engine, start) => {
    const name = `far-${randomBytes(4).toString("hex")}`;
    const container: Container = await start(name);
    const host = await startHost();
    const endpoint = `${engine}-container://${name}`;
    const { builder } = await host.builders.createBuilder({
      name: "remote0",
      node: { endpoint },
      // The host has none of these variables, and later calls have none either.
      environment: container.env,
    });
    expect(builder!.driver).toBe("remote");
    for await (const _ of host.builders.bootstrapBuilder({ name: "remote0" }));
    await builds(host);

    const endless = fromPath(await from("RUN echo started; while true; do sleep 0.1; done"));
    const { build } = await host.builds.startBuild({ spec: { builder: "remote0", context: endless } });
    let killed = false;
    for await (const { event } of host.builds.watchBuild({ id: build!.id })) {
      const logs = event?.event.case === "progress" ? event.event.value.logs : [];
      if (killed || !logs.some(({ data }) => Buffer.from(data).includes("started"))) continue;
      killed = true;
      await container.run("kill", name);
    }
    const { finished } = await watchToEnd(host, build!.id);
    expect(finished).toMatchObject({
      state: BuildState.FAILED,
      error: { reason: expect.stringMatching(/^BUILDKIT_/) },
    });

    const spec = { builder: "remote0", context: fromPath(await from("RUN true")) };
    expect(await failure(host.builds.startBuild({ spec }))).toMatchObject({
      reason: "BUILDKIT_COMMAND_FAILED",
      message: expect.stringMatching(/not running|can only create exec sessions on running containers/),
      remedy: expect.stringContaining(`${engine} exec -i ${name} buildctl dial-stdio`),
    });
    await container.run("start", name);
    for await (const _ of host.builders.bootstrapBuilder({ name: "remote0" }));
    await builds(host);
  },
);

it.each(["DOCKER_CONTEXT", "docker context use"])(
  "a builder keeps the context that %s of its user selects, in the user's DOCKER_CONFIG",
  async (how) => {
    const name = `far-${randomBytes(4).toString("hex")}`;
    await startInDocker(name);
    const DOCKER_CONFIG = await tempDir();
    const docker = (...args: string[]) =>
      must("docker", args, { env: { ...process.env, DOCKER_HOST: undefined, DOCKER_CONFIG } });
    await docker("context", "create", "work", "--docker", `host=${lab().engine29.host}`);
    if (how === "docker context use") await docker("context", "use", "work");
    const host = await startHost();
    const user = { DOCKER_HOST: undefined, DOCKER_CONFIG };
    const slipway = slipwayOf(host);
    const created = await slipway(["create", "--name", "remote0", `docker-container://${name}`], {
      env: how === "DOCKER_CONTEXT" ? { ...user, DOCKER_CONTEXT: "work" } : user,
    });
    expect(created).toMatchObject({ code: 0, stdout: "remote0\n" });
    expect((await slipway(["inspect", "remote0"])).stdout).toContain(
      `docker-container://${name}?DOCKER_CONTEXT=work&DOCKER_CONFIG=${DOCKER_CONFIG}`,
    );
    if (how === "docker context use") await docker("context", "use", "default");
    await builds(host);
  },
);
