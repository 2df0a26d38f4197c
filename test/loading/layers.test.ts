import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { type BuildRun, contextOf, fromPath, mustBuild, watchToEnd } from "../host/build.js";
import { engineEnvironment, type TestHost } from "../host/host.js";
import { lab, startEngine } from "../lab/index.js";
import { docker, engines, imageName, shareFar, startFar } from "./harness.js";

const MiB = 1 << 20;

/** A context with a file that does not compress. */
async function contextWith(size: number, ...lines: string[]): Promise<string> {
  const folder = await contextOf({ Dockerfile: `${lines.join("\n")}\n` });
  await writeFile(join(folder, "big"), randomBytes(size));
  return folder;
}

/** The bytes of the archive that were sent to the engine. */
function sent({ events }: BuildRun): number {
  const statuses = events.flatMap(({ event }) => (event.case === "progress" ? event.value.statuses : []));
  const counts = statuses.filter(({ id }) => id === "sending tarball").map(({ current }) => Number(current));
  expect(counts.length).toBeGreaterThan(0);
  return Math.max(...counts);
}

const far = shareFar();

describe.each(engines)("a load into %s", (engine) => {
  const load = (
    host: TestHost,
    folder: string,
    name: string,
    more: { buildArgs?: Record<string, string>; target?: string } = {},
  ) =>
    mustBuild(host, {
      builder: "far",
      environment: engineEnvironment(engine),
      context: fromPath(folder),
      tags: [name],
      outputs: [{ type: "docker" }],
      ...more,
    });
  const size = (name: string) => docker(engine, "run", "--rm", name, "wc", "-c", "/big");

  it("sends only layers that the engine lacks, and the image is complete", async () => {
    const host = far();
    const name = imageName();
    const lines = [`FROM ${lab().registry.baseImage}`, "COPY big /big", "ARG V", "RUN echo $V > /v"];
    lines.push(`LABEL of=${name}`);
    const folder = await contextWith(8 * MiB, ...lines);
    const version = (V: string) => load(host, folder, name, { buildArgs: { V } });

    expect(sent(await version("one"))).toBeGreaterThan(8 * MiB);
    expect(sent(await version("one"))).toBeLessThan(100_000);
    expect(await docker(engine, "run", "--rm", name, "cat", "/v")).toBe("one");
    expect(sent(await version("two"))).toBeLessThan(100_000);
    expect(await docker(engine, "run", "--rm", name, "cat", "/v")).toBe("two");
    expect(await size(name)).toBe(`${8 * MiB} /big`);
    // The engine has the layers that were not sent.
    const [oldest] = (await docker(engine, "image", "history", "--format", "{{.Size}}", name))
      .split("\n")
      .slice(-1);
    expect(oldest).not.toBe("0B");

    // After the removal everything is sent again.
    await docker(engine, "rmi", "--force", name);
    expect(await docker(engine, "images", "-q", name)).toBe("");
    await docker(engine, "image", "prune", "--force", "--filter", `label=of=${name}`);
    await version("two");
    expect(await size(name)).toBe(`${8 * MiB} /big`);
  });

  it("sends a layer again when the layers below it differ", async () => {
    const host = far();
    const lines = [
      `FROM ${lab().registry.baseImage} AS one`,
      "COPY --link big /big",
      `FROM ${lab().registry.baseImage} AS two`,
      "RUN echo below > /below",
      "COPY --link big /big",
    ];
    const folder = await contextWith(2 * MiB, ...lines);
    for (const target of ["one", "two", "one", "two"]) {
      const name = imageName();
      await load(host, folder, name, { target });
      expect(await size(name)).toBe(`${2 * MiB} /big`);
    }
  });

  it("leaves no image when it is cancelled", async () => {
    const host = far();
    const name = imageName();
    const folder = await contextWith(64 * MiB, `FROM ${lab().registry.baseImage}`, "COPY big /big");
    const { id } = await startLoad(host, engineEnvironment(engine), folder, name);
    await host.builds.cancelBuild({ id });
    const { finished } = await watchToEnd(host, id);
    expect(finished.state).toBe(BuildState.CANCELED);
    expect(await docker(engine, "images", "-q", name)).toBe("");
  });

  it("fails with a typed error and leaves no image when its plugin is killed", async () => {
    const host = await startFar();
    const name = imageName();
    const folder = await contextWith(64 * MiB, `FROM ${lab().registry.baseImage}`, "COPY big /big");
    const { id } = await startLoad(host, engineEnvironment(engine), folder, name);
    const { plugins } = await host.plugins.listPlugins({});
    process.kill(plugins.find(({ name: plugin }) => plugin === "docker")!.pid, "SIGKILL");
    const { finished } = await watchToEnd(host, id);
    expect(finished).toMatchObject({ state: BuildState.FAILED, error: { reason: "DRIVER_CRASHED" } });
    expect(await docker(engine, "images", "-q", name)).toBe("");
  });
});

it.each([20, 29] as const)("a load fails with a typed error when engine %i is killed", async (line) => {
  const engine = await startEngine(line);
  try {
    const host = await startFar();
    const folder = await contextWith(64 * MiB, `FROM ${lab().registry.baseImage}`, "COPY big /big");
    const { id } = await startLoad(host, { DOCKER_HOST: engine.host }, folder, "slipway.test/dying:1");
    await engine.kill();
    const { finished } = await watchToEnd(host, id);
    expect(finished.state).toBe(BuildState.FAILED);
    expect(finished.error?.reason).toMatch(/^ENGINE_/);
    expect(finished.error?.message).toContain(engine.socket);
  } finally {
    await engine.stop();
  }
});

/** Starts a build with a load, and waits until bytes are sent to the engine. */
async function startLoad(host: TestHost, environment: Record<string, string>, folder: string, name: string) {
  const { build } = await host.builds.startBuild({
    spec: {
      builder: "far",
      environment,
      context: fromPath(folder),
      tags: [name],
      outputs: [{ type: "docker" }],
    },
  });
  const { id } = build!;
  for await (const { event } of host.builds.watchBuild({ id })) {
    if (event?.event.case === "finished")
      throw new Error(`The build ended early: ${event.event.value.error?.message}`);
    if (event?.event.case !== "progress") continue;
    if (event.event.value.statuses.some((status) => status.id === "sending tarball" && status.current > 0n))
      return { id };
  }
  throw new Error("unreachable");
}
