import { expect, it } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { type BuildRun, contextOf, fromPath, mustBuild, runBuild, type SpecInit } from "../host/build.js";
import { engineEnvironment, startHost } from "../host/host.js";
import { baseImageName, lab, startEngine } from "../lab/index.js";

const withoutStages = ["ARG A=1\n", "# A comment.\nARG A\nARG B=`\n", "ARG A=\\\nFROM scratch\n"];

const warnings = ({ events }: BuildRun) =>
  events.flatMap(({ event }) => (event.case === "warning" ? [event.value] : []));

/** Builds an image whose only step shows its limits. */
async function buildWithLimits(engine: "engine20" | "engine29"): Promise<BuildRun> {
  const run = "RUN df -k /dev/shm | tail -n 1 && ulimit -n";
  return mustBuild(await startHost(), {
    environment: engineEnvironment(engine),
    context: fromPath(await contextOf({ Dockerfile: `FROM ${baseImageName}\n${run}\n` })),
    shmSizeBytes: 96n << 20n,
    ulimits: [{ name: "nofile", soft: 1234n }],
    outputs: [{ type: "cacheonly" }],
    noCache: true,
  });
}

it("warns where limits of RUN steps have no effect", async () => {
  const run = await buildWithLimits("engine20");
  expect(run.output).not.toMatch(/98304|1234/);
  expect(warnings(run)).toMatchObject(
    ["spec.shm_size_bytes", "spec.ulimits"].map((field) => ({
      field,
      reason: "FEATURE_UNSUPPORTED",
      message: expect.stringMatching(/ has no effect: Docker Engine 20\.10 .*\.$/),
      remedy: expect.stringContaining("Docker Engine 23.0"),
    })),
  );
});

it("does not warn where limits of RUN steps have an effect", async () => {
  const run = await buildWithLimits("engine29");
  expect(run.output).toMatch(/98304.*\n1234\n/);
  expect(warnings(run)).toEqual([]);
});

it("refuses a Dockerfile without a stage where it would end the engine", async () => {
  const engine = await startEngine(20);
  try {
    const host = await startHost();
    const build = async (Dockerfile: string): Promise<SpecInit> => ({
      environment: { DOCKER_HOST: engine.host },
      context: fromPath(await contextOf({ Dockerfile })),
      outputs: [{ type: "cacheonly" }],
    });
    for (const text of withoutStages) {
      const spec = await build(text);
      const error = readTypedError(await host.builds.startBuild({ spec }).catch((cause) => cause));
      expect([text, error]).toMatchObject([
        text,
        {
          reason: "FEATURE_UNSUPPORTED",
          fields: [{ field: "spec.dockerfile" }],
          remedy: "Add a FROM instruction.",
        },
      ]);
    }
    await mustBuild(host, await build("ARG A=1\nFROM scratch\nCOPY Dockerfile /\n"));
  } finally {
    await engine.stop();
  }
});

it("leaves a Dockerfile without a stage to a BuildKit for which it is only an error", async () => {
  const host = await startHost();
  const node = { endpoint: lab().buildkitd.address };
  await host.builders.createBuilder({ name: "far", driver: "remote", node });
  for (const Dockerfile of withoutStages) {
    const context = fromPath(await contextOf({ Dockerfile }));
    const { finished } = await runBuild(host, { builder: "far", context });
    expect([Dockerfile, finished.state]).toEqual([Dockerfile, BuildState.FAILED]);
  }
});
