import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { beforeEach, expect, test } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { slipwayOf } from "../cli/slipway.js";
import { installJudge } from "../fixtures/plugins/install.js";
import { contextOf, fromPath, mustBuild, runBuild, type SpecInit } from "../host/build.js";
import { engineEnvironment, startHost, type TestHost } from "../host/host.js";
import { lab, must, tempDir } from "../lab/index.js";
import { makeRepository, serveGit } from "../session-services/git-server.js";
import { serveBytes } from "../session-services/http-server.js";

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

test("the CLI names policies in a repository and in archives, by http and on stdin", async () => {
  const slipway = slipwayOf(host);
  const files = {
    Dockerfile: `FROM ${lab().registry.baseImage}\nRUN echo hello\n`,
    "rules/own.judge": "deny Not this one.",
    "rules/good.judge": "allow",
    "rules/empty.judge": "",
    "rules/own.rego": "package docker",
  };
  const folder = await tempDir();
  await makeRepository(
    folder,
    Object.fromEntries(Object.entries(files).map(([name, text]) => [`app/${name}`, text])),
  );
  const path = join(folder, "context.tar");
  await must("tar", ["-C", join(folder, "work", "app"), "-cf", path, "."]);
  const archive = await readFile(path);
  const contexts = [
    `${await serveGit(folder)}/repo.git#main:app`,
    `${await serveBytes(archive)}/context.tar`,
    "-",
  ];
  // Not those of the working folder.
  const cwd = await contextOf({
    "rules/own.judge": "allow",
    "rules/none.judge": "allow",
    "here.judge": "deny Nor here.",
  });
  for (const context of contexts) {
    const build = async (...policies: string[]) => {
      const flags = policies.flatMap((value) => ["--policy", value]);
      const input = context === "-" ? archive : undefined;
      const { code, stderr } = await slipway(["build", "--builder", "own", ...flags, context], {
        cwd,
        input,
      });
      return [code, stderr];
    };
    const refused = (text: string) => [1, expect.stringContaining(text)];
    expect(await build("filename=rules/good.judge"), context).toEqual([0, expect.anything()]);
    expect(await build("filename=./rules/own.judge"), context).toEqual(refused("Not this one."));
    expect(await build("filename=/rules/own.judge", "filename=rules/good.judge")).toEqual(
      refused("Not this one."),
    );
    expect(await build("filename=cwd://here.judge", "filename=rules/good.judge")).toEqual(
      refused("Nor here."),
    );
    expect(await build("filename=rules/own.judge", "reset=true")).toEqual([0, expect.anything()]);
    expect(await build("filename=rules/none.judge")).toEqual(
      refused("policy file rules/none.judge not found"),
    );
    expect(await build("filename=../../none.judge")).toEqual(
      refused("policy file ../../none.judge not found"),
    );
    expect(await build("filename=rules/empty.judge")).toEqual(refused("rules/empty.judge has no content"));
    expect(await build("filename=rules/own.rego")).toEqual(refused("cannot be enforced"));
  }
  const dockerfile = await slipway(["build", "--builder", "own", "--policy", "filename=a.judge", "-"], {
    cwd,
    input: Buffer.from("FROM scratch\n"),
  });
  expect([dockerfile.code, dockerfile.stderr]).toEqual([
    1,
    expect.stringContaining("policy file a.judge not found"),
  ]);
});

test("the error of a policy in a context names its field, also when BuildKit reads it", async () => {
  const folder = await tempDir();
  const file = { "big.judge": "x".repeat((1 << 20) + 1), Dockerfile: "FROM scratch\n" };
  await makeRepository(folder, file);
  const git = { source: { case: "url" as const, value: `${await serveGit(folder)}/repo.git` } };
  const spec = (context: SpecInit["context"], name: string) => ({
    builder: "own",
    context,
    outputs: [{ type: "cacheonly" }],
    policy: { policies: [{ files: [{ name, fromContext: true }] }] },
  });
  const reason = "POLICY_INVALID";
  const field = "spec.policy.policies[0].files[0]";
  for (const name of ["missing.judge", "big.judge"]) {
    const here = spec(fromPath(join(folder, "work")), name);
    const early = readTypedError(await host.builds.startBuild({ spec: here }).catch((cause) => cause));
    expect(early).toMatchObject({ code: Code.InvalidArgument, reason, fields: [{ field }] });
    const { finished } = await runBuild(host, spec(git, name));
    expect(finished).toMatchObject({ state: BuildState.FAILED, error: { reason, field } });
  }
});
