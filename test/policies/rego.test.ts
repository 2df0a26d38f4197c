import { buffer } from "node:stream/consumers";
import { Code } from "@connectrpc/connect";
import { beforeAll, expect, test } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { regoPolicies } from "../example-drivers/examples.js";
import { contextOf, fromPath, mustBuild, runBuild, type SpecInit } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { lab, tempDir } from "../lab/index.js";
import { makeRepository, serveGit } from "../session-services/git-server.js";
import { serveBytes } from "../session-services/http-server.js";
import { tarOf } from "../session-services/solve.js";

let plugin: string;
let host: TestHost;
beforeAll(async () => {
  plugin = await regoPolicies();
}, 600_000);

async function start(): Promise<void> {
  host = await startHost({ plugins: [plugin] });
  const node = { endpoint: lab().buildkitd.address };
  await host.builders.createBuilder({ name: "own", driver: "remote", node });
}

const file = (content: string, name = "own.rego") => ({ files: [{ name, content: Buffer.from(content) }] });

/** A policy that allows local files, and images by the condition. */
const images = (condition: string) => `package docker
default allow := false
allow if input.local
allow if { input.image; ${condition} }
decision := {"allow": allow, "deny_msg": ["Only images that the team has checked."]}
`;

const all = images("true");
const none = images("false");

async function specOf(files: Record<string, string>, spec: object = {}): Promise<SpecInit> {
  const dockerfile = `FROM ${lab().registry.baseImage}\nARG SALT=1\nLABEL a=b\nRUN echo hello\n`;
  const context = fromPath(await contextOf({ Dockerfile: dockerfile, ...files }));
  return { builder: "own", context, outputs: [{ type: "cacheonly" }], ...spec };
}

test("a policy decides what a build takes: allowed, denied, by metadata, and by build arguments", async () => {
  await start();
  await mustBuild(host, await specOf({ "Dockerfile.rego": all }));

  const denied = await runBuild(host, await specOf({ "Dockerfile.rego": none }));
  expect(denied.finished).toMatchObject({
    state: BuildState.FAILED,
    error: {
      reason: "POLICY_DENIED",
      message: expect.stringMatching(
        /source .* not allowed by policy.*Only images that the team has checked/s,
      ),
    },
  });
  expect(denied.steps.join()).not.toContain("RUN");

  // Needs the configuration of the image, which the engine asks for.
  const policies = [file(images('input.image.labels["no.such.label"] == "yes"'))];
  const labelled = await runBuild(host, await specOf({}, { policy: { policies } }));
  expect(labelled.finished).toMatchObject({ error: { reason: "POLICY_DENIED" } });
  const known = [file(images('input.image.os == "linux"'))];
  await mustBuild(host, await specOf({}, { policy: { policies: known } }));

  const byArgs = [file(images('input.env.args.TEAM == "blue"; not input.env.args.TOKEN'))];
  const args = { buildArgs: { TEAM: "blue", TOKEN: "hidden" }, sensitiveParameters: ["TOKEN"] };
  await mustBuild(host, await specOf({}, { ...args, policy: { policies: byArgs } }));
});

test("all policies have to allow a source, and a disabled file does not count", async () => {
  await start();
  const files = { "Dockerfile.rego": none };
  const both = await runBuild(host, await specOf(files, { policy: { policies: [file(all)] } }));
  expect(both.finished).toMatchObject({ error: { reason: "POLICY_DENIED" } });
  await mustBuild(host, await specOf(files, { policy: { disabled: true, policies: [file(all)] } }));
  const replaced = await runBuild(
    host,
    await specOf({}, { policy: { policies: [file(all), file(none, "other.rego")] } }),
  );
  expect(replaced.finished).toMatchObject({ error: { reason: "POLICY_DENIED" } });
});

test("policies that cannot be used are refused before the build", async () => {
  await start();
  const refusals: [object, object][] = [
    [
      { policies: [file("package docker\nallow if {")] },
      { code: Code.InvalidArgument, reason: "POLICY_INVALID", fields: [{ field: "spec.policy" }] },
    ],
    [
      { policies: [file("allow = true", "own.star")] },
      { code: Code.FailedPrecondition, reason: "POLICY_UNSUPPORTED" },
    ],
    [
      { policies: [file(all), file("allow = true", "own.star")] },
      { code: Code.FailedPrecondition, reason: "POLICY_UNSUPPORTED" },
    ],
    [
      { policies: [{ files: [] }, file(all, "rego")] },
      {
        code: Code.InvalidArgument,
        reason: "POLICY_INVALID",
        fields: [{ field: "spec.policy.policies[0]" }, { field: "spec.policy.policies[1].files[0].name" }],
      },
    ],
  ];
  for (const [policy, expected] of refusals) {
    const spec = await specOf({}, { policy });
    const error = readTypedError(await host.builds.startBuild({ spec }).catch((cause) => cause));
    expect(error).toMatchObject(expected);
  }
  const spec = await specOf({ "Dockerfile.rego": "x".repeat((1 << 20) + 1) });
  const error = readTypedError(await host.builds.startBuild({ spec }).catch((cause) => cause));
  expect(error).toMatchObject({ reason: "POLICY_INVALID", fields: [{ field: "spec.policy" }] });
  expect((await host.builds.listBuilds({})).builds).toEqual([]);
});

test("the policy beside a Dockerfile in a git repository or an archive at http is enforced", async () => {
  const dockerfile = `FROM ${lab().registry.baseImage}\nRUN echo hello\n`;
  const files = {
    "app/Dockerfile": dockerfile,
    "app/Dockerfile.rego": `${none}allow if input.git\nallow if input.http\n`,
    "app/Other.Dockerfile": dockerfile,
    "app/Other.Dockerfile.rego": 'package docker\ndecision := {"allow": true}\n',
  };
  const folder = await tempDir();
  await makeRepository(folder, files);
  const archive = await serveBytes(await buffer(tarOf(files)));
  const context = (url: string) => ({ source: { case: "url" as const, value: url } });
  const name = (value: string) => ({ dockerfile: { source: { case: "name" as const, value } } });
  const spec = { builder: "own", outputs: [{ type: "cacheonly" }] };
  const git = { ...spec, context: context(`${await serveGit(folder)}/repo.git#main:app`) };
  const http = { ...spec, context: context(`${archive}/context.tar`) };
  await start();
  const denied = { error: { reason: "POLICY_DENIED" } };
  expect((await runBuild(host, git)).finished).toMatchObject(denied);
  expect((await runBuild(host, { ...http, ...name("app/Dockerfile") })).finished).toMatchObject(denied);
  await mustBuild(host, { ...git, ...name("Other.Dockerfile") });
  await mustBuild(host, { ...git, policy: { disabled: true } });
  const named = { policies: [{ files: [{ name: "Other.Dockerfile.rego", fromContext: true }] }] };
  await mustBuild(host, { ...git, policy: { ...named, disabled: true } });
  expect((await runBuild(host, { ...git, policy: named })).finished).toMatchObject(denied);

  const plain = await startHost();
  const node = { endpoint: lab().buildkitd.address };
  await plain.builders.createBuilder({ name: "own", driver: "remote", node });
  const { finished } = await runBuild(plain, git);
  expect(finished).toMatchObject({ state: BuildState.FAILED, error: { reason: "POLICY_UNSUPPORTED" } });
});
