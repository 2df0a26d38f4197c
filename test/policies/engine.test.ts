import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { beforeEach, expect, test } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { slipwayOf } from "../cli/slipway.js";
import { installJudge } from "../fixtures/plugins/install.js";
import { contextOf, fromPath, mustBuild, runBuild, type SpecInit } from "../host/build.js";
import { engineEnvironment, startHost, type TestHost } from "../host/host.js";
import { lab, tempDir } from "../lab/index.js";

let host: TestHost;
beforeEach(async () => {
  const plugins = await tempDir();
  await installJudge(plugins);
  host = await startHost({ plugins: [plugins] });
  const node = { endpoint: lab().buildkitd.address };
  await host.builders.createBuilder({ name: "own", driver: "remote", node });
});

async function specOf(policy: string, spec: object = {}): Promise<SpecInit> {
  const dockerfile = `FROM ${lab().registry.baseImage}\nRUN echo hello\n`;
  const files = [{ name: "own.judge", content: Buffer.from(policy) }];
  return {
    builder: "own",
    context: fromPath(await contextOf({ Dockerfile: dockerfile })),
    outputs: [{ type: "cacheonly" }],
    policy: { policies: [{ files }] },
    ...spec,
  };
}

async function lines(): Promise<string> {
  const { plugins } = await host.plugins.listPlugins({});
  const judge = plugins.find(({ name }) => name === "judge")!;
  expect(judge.drivers).toEqual([]);
  return judge.lastLines.join("\n");
}

test("an engine is asked about images and files, and its reasons are in the error", async () => {
  await mustBuild(host, await specOf("allow"));
  expect(await lines()).toMatch(/Asked for docker-image:\/\/\S+ linux\/amd64/);
  expect(await lines()).toContain("Asked for local://context");
  const { finished, steps } = await runBuild(host, await specOf("deny Not on a Friday."));
  expect(finished).toMatchObject({
    state: BuildState.FAILED,
    error: {
      reason: "POLICY_DENIED",
      code: Code.PermissionDenied,
      message: expect.stringMatching(
        /source "docker-image:\S+" not allowed by policy.*: Not on a Friday\.$/s,
      ),
    },
  });
  expect(steps.join()).not.toContain("RUN");
  const [registry = ""] = lab().registry.baseImage.split("/");
  const replaced = await runBuild(host, await specOf(`replace ${registry} no.such.host.invalid`));
  expect(replaced.finished.error?.message).toContain("no.such.host.invalid");
});

test("an engine that fails, says nothing or dies ends the build, which takes nothing", async () => {
  const failures = {
    die: /the policy could not be evaluated: .*judge/,
    silent: /the policy could not be evaluated: there is no decision/,
    panic: /the policy could not be evaluated: undefined is not a judge/,
  };
  for (const [policy, message] of Object.entries(failures)) {
    const { finished, steps } = await runBuild(host, await specOf(policy));
    expect(finished.error?.reason, policy).toBe("POLICY_FAILED");
    expect(finished.error?.message).toMatch(message);
    expect(steps.join()).not.toContain("RUN");
  }
  // It is started again.
  await mustBuild(host, await specOf("allow"));
});

test("policies that cannot be evaluated are refused before the build", async () => {
  const invalid = readTypedError(
    await host.builds.startBuild({ spec: await specOf("mumble") }).catch((cause) => cause),
  );
  expect(invalid).toMatchObject({
    code: Code.InvalidArgument,
    reason: "POLICY_INVALID",
    message: "Unknown word mumble.",
    fields: [{ field: "spec.policy" }],
  });
  expect((await host.builds.listBuilds({})).builds).toEqual([]);
});

test("the engine inside a daemon enforces policies too, or the build fails", async () => {
  const denied = await runBuild(
    host,
    await specOf("deny Never.", { builder: "default", environment: engineEnvironment("engine29") }),
  );
  expect(denied.finished.error?.reason).toMatch(/^POLICY_(DENIED|UNSUPPORTED)$/);
  expect(denied.steps.join()).not.toContain("RUN");
});

test("the CLI gives policies that it is told, and those beside a Dockerfile on its machine", async () => {
  const slipway = slipwayOf(host);
  const dockerfile = `FROM ${lab().registry.baseImage}\nRUN echo hello\n`;
  const cwd = await contextOf({
    Dockerfile: dockerfile,
    "own.judge": "deny Not this one.",
    "good.judge": "allow",
  });
  const build = (...args: string[]) => slipway(["build", "--builder", "own", ...args, "."], { cwd });
  expect(await build("--policy", "filename=good.judge")).toMatchObject({ code: 0 });
  const { code, stderr } = await build("--policy", "filename=cwd://own.judge");
  expect([code, stderr]).toEqual([1, expect.stringContaining("Not this one.")]);
  expect(await build("--policy", "filename=own.judge", "--policy", "reset=true")).toMatchObject({ code: 0 });

  // Those that the definition of a bake names.
  const target = (policy: unknown[]) => ({ context: "app", output: ["type=cacheonly"], policy });
  const definition = {
    target: {
      denied: target([{ filename: "cwd://own.judge" }, "filename=good.judge"]),
      reset: target(["filename=missing.judge", "reset=true,filename=good.judge"]),
      outside: target(["filename=../../own.judge"]),
    },
  };
  await mkdir(join(cwd, "app"));
  await writeFile(join(cwd, "app", "Dockerfile"), dockerfile);
  await writeFile(join(cwd, "app", "good.judge"), "allow");
  await writeFile(join(cwd, "docker-bake.json"), JSON.stringify(definition));
  const bake = (...args: string[]) => slipway(["bake", "--builder", "own", ...args], { cwd });
  const denied = await bake("denied");
  expect([denied.code, denied.stderr]).toEqual([1, expect.stringContaining("Not this one.")]);
  expect(await bake("reset")).toMatchObject({ code: 0 });
  expect(await bake("--policy", "disabled=true", "denied")).toMatchObject({ code: 0 });
  const outside = await bake("outside");
  expect([outside.code, outside.stderr]).toEqual([
    1,
    expect.stringMatching(/--allow=fs\.read=\S+\/own\.judge/),
  ]);
});
