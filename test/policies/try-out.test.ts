import { randomUUID } from "node:crypto";
import { Code } from "@connectrpc/connect";
import { beforeAll, describe, expect, test } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { type Slipway, slipwayOf } from "../cli/slipway.js";
import { regoPolicies } from "../example-drivers/examples.js";
import { installJudge } from "../fixtures/plugins/install.js";
import { contextOf, mustBuild } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { lab, must, run, tempDir } from "../lab/index.js";
import { makeRepository, serveGit } from "../session-services/git-server.js";

let plugin: string;
beforeAll(async () => {
  plugin = await regoPolicies();
}, 600_000);

/** A host with the engine for Rego and one for faults, and the same commands of both programs. */
async function start(): Promise<{ host: TestHost; slipway: Slipway; buildx: Slipway }> {
  const judge = await tempDir();
  await installJudge(judge);
  const host = await startHost({ plugins: [plugin, judge] });
  const node = { endpoint: lab().buildkitd.address };
  await host.builders.createBuilder({ name: "own", driver: "remote", node });
  const plain = slipwayOf(host);
  const env = { ...process.env, BUILDX_CONFIG: await tempDir() };
  await must(lab().buildx, ["create", "--name", "peer", "--driver", "remote", lab().buildkitd.address], {
    env,
  });
  return {
    host,
    slipway: (args, options) => plain(["policy", ...args, "--builder", "own"], options),
    buildx: (args, options) =>
      run(lab().buildx, ["policy", ...args, "--builder", "peer"], { ...options, env }),
  };
}

const rego = (condition: string, more = "") => `package docker
${more}
default allow := false
allow if input.local
allow if { ${condition} }
decision := {"allow": allow, "deny_msg": ["Not this one."]}
`;

test("decides about a source as buildx does, by the metadata of the builder's BuildKit", async () => {
  const { slipway, buildx } = await start();
  const image = `docker-image://${lab().registry.baseImage}`;
  const cwd = await contextOf({
    "Dockerfile.rego": rego('input.image.os == "linux"; not input.image.labels["no.such"]'),
    "None.rego": rego("false"),
    "Imports.rego": rego("lib.good(input.image.tag)", "import data.lib"),
    "lib.rego": 'package lib\n\ngood(tag) if tag == "1"\n',
    "Broken.rego": "package docker\nallow if {",
  });
  const none = rego("false");
  for (const [args, input] of [
    [["eval", image]],
    [["eval", "--platform", "linux/arm64", "-f", "Imports", image]],
    [["eval", "--file", "None", image]],
    [["eval", "--filename", "None", "."]],
    [["eval", "-f", "-", image], none],
    [["eval", "-f", "Missing", image]],
    [["eval", "-f", "Broken", image]],
    [["eval", "no-such-folder"]],
  ] as [string[], string?][]) {
    const [own, peer] = [await slipway(args, { cwd, input }), await buildx(args, { cwd, input })];
    expect([args, own.code, own.stdout]).toEqual([args, peer.code, peer.stdout]);
  }
  const denied = await slipway(["eval", "-f", "None", image], { cwd });
  expect(denied.stderr).toBe("ERROR: policy denied: Not this one.\n");
});

test("shows what policies see of images, git and folders as buildx does", async () => {
  const { host, slipway, buildx } = await start();
  const folder = await tempDir();
  const attested = `${lab().registry.host}/attested-${randomUUID()}`;
  await mustBuild(host, {
    builder: "own",
    context: { source: { case: "empty", value: {} } },
    dockerfile: { source: { case: "content", value: Buffer.from(`FROM ${lab().registry.baseImage}\n`) } },
    attestations: { provenance: "mode=min" },
    outputs: [{ type: "registry", attributes: { name: attested } }],
  });
  await makeRepository(folder, { file: "content" });
  const git = `${await serveGit(folder)}/repo.git`;
  const image = `docker-image://${lab().registry.baseImage}`;
  for (const args of [
    [image],
    ["--fields", "image.labels", "--platform", "linux/amd64", image],
    // BuildKit 0.32 ends with a nil pointer when it looks for provenance of an image without an index.
    [
      "--fields",
      "image.hasProvenance,image.provenance.materials[0].image.labels",
      `docker-image://${attested}`,
    ],
    ["."],
  ]) {
    const both = await Promise.all(
      [slipway, buildx].map((program) => program(["eval", "--print", ...args], { cwd: folder })),
    );
    const [own, peer] = both.map(({ code, stdout }) => [code, stdout]);
    expect([args, own]).toEqual([args, peer]);
    expect([args, both[0]!.code, both[0]!.stderr]).toEqual([args, 0, expect.not.stringContaining("ERROR")]);
  }
  // buildx asks for git:// over https.
  const commit = ["--fields", "git.commit", "--fields", "git.ref"];
  const { stdout } = await slipway(["eval", "--print", ...commit, `${git}#main`]);
  expect(JSON.parse(stdout)).toMatchObject({
    git: { remote: git, ref: "refs/heads/main", commit: { tree: expect.stringMatching(/^[0-9a-f]{40}$/) } },
  });
  const { stderr } = await slipway(["eval", "--print", "--fields", "image.nothing,image.repo", image]);
  expect(stderr).toBe("WARNING: invalid fields: image.nothing\n");
});

describe("tests of policies", () => {
  const ours = `package docker

test_linux if { allow with input as {"image": {"os": "linux"}} }
test_windows if { not allow with input as {"image": {"os": "windows"}} }
test_wrong if { allow with input as {"image": {"os": "<windows>"}} }
test_label if { not allow with input as {"image": {"os": "linux2"}} }
`;

  test("run as in buildx, with what is wrong", async () => {
    const { slipway, buildx } = await start();
    const cwd = await contextOf({
      "Dockerfile.rego": rego('input.image.os == "linux"'),
      "Labels.rego": rego('lib.good(input.image.labels["a"])', "import data.lib"),
      "lib.rego": 'package lib\n\ngood(label) if label == "b"\n',
      "tests/own_test.rego": ours,
      "tests/other.rego": "no test",
      "labels/label_test.rego": `package docker

test_label if { allow with input as {"image": {"labels": {"a": "b"}}} }
test_no_label if { allow with input as {"image": {"os": "linux"}} }
test_image if { not allow with input as {"image": {"ref": "${lab().registry.baseImage}"}} }
`,
      "empty/none.rego": "package docker",
    });
    for (const args of [
      ["tests"],
      ["tests/own_test.rego", "--run", "linux"],
      ["--run", "windows", "tests/"],
      ["labels", "--filename", "Labels"],
      ["--run", "nothing", "tests"],
      ["empty"],
      ["tests/other.rego"],
      ["missing"],
    ]) {
      const [own, peer] = [
        await slipway(["test", ...args], { cwd }),
        await buildx(["test", ...args], { cwd }),
      ];
      expect([args, own.code, own.stdout, own.stderr]).toEqual([
        args,
        peer.code,
        peer.stdout,
        expect.anything(),
      ]);
    }
  });

  test("need no builder unless a policy wants to know about an image", async () => {
    const { host } = await start();
    const policy = {
      files: [{ name: "Dockerfile.rego", content: Buffer.from(rego('input.image.os == "linux"')) }],
    };
    const tests = [{ name: "own_test.rego", content: Buffer.from(ours) }];
    const lookup = { builder: "none" };
    const answer = await host.policies.testPolicy({ lookup, policy, tests, run: "linux" });
    expect(answer.tests).toMatchObject([{ name: "test_linux", passed: true, allowed: true }]);
  });
});

test("refuses what cannot be evaluated, with the field", async () => {
  const { host } = await start();
  const content = Buffer.from("allow");
  const own = { builder: "own" };
  const named = (name: string) => [{ files: [{ name, content }] }];
  const { policies } = host;
  const source = "local://context";
  const image = `docker-image://${lab().registry.baseImage}-missing`;
  const wanted = [{ files: [{ name: "a.rego", content: Buffer.from(rego("input.image.labels.a")) }] }];
  const calls: [() => Promise<unknown>, object][] = [
    [
      () => policies.evaluatePolicy({ lookup: own, source, policies: named("a.star") }),
      { code: Code.FailedPrecondition, reason: "POLICY_ENGINE_MISSING" },
    ],
    [
      () => policies.testPolicy({ policy: named("a.judge")[0], tests: [{ name: "b.judge", content }] }),
      {
        code: Code.FailedPrecondition,
        reason: "POLICY_ENGINE_MISSING",
        message: expect.stringContaining("policies.test"),
      },
    ],
    [
      () => policies.describeSource({ lookup: own, source, language: "judge" }),
      { code: Code.FailedPrecondition, reason: "POLICY_ENGINE_MISSING" },
    ],
    [
      () => policies.evaluatePolicy({ lookup: own, source: "oci-layout://x", policies: named("a.judge") }),
      { code: Code.InvalidArgument, reason: "POLICY_SOURCE_INVALID", fields: [{ field: "source" }] },
    ],
    [
      () => policies.evaluatePolicy({ lookup: own, source }),
      { code: Code.InvalidArgument, reason: "POLICY_INVALID", fields: [{ field: "policies" }] },
    ],
    [
      () => policies.evaluatePolicy({ lookup: own, source, policies: named("judge") }),
      { reason: "POLICY_INVALID", fields: [{ field: "policies[0].files[0].name" }] },
    ],
    [
      () => policies.testPolicy({ policy: named("a.rego")[0], tests: [{ name: "b", content }] }),
      { reason: "POLICY_INVALID", fields: [{ field: "tests[0].name" }] },
    ],
    [
      () => policies.describeSource({ lookup: { ...own, platform: "beos/amd64" }, source }),
      { reason: "PLATFORM_UNKNOWN", fields: [{ field: "lookup.platform" }] },
    ],
    [
      () => policies.evaluatePolicy({ lookup: own, source: image, policies: wanted }),
      { code: Code.FailedPrecondition, reason: "POLICY_SOURCE_FAILED" },
    ],
  ];
  for (const [call, expected] of calls)
    expect(await call().then(() => undefined, readTypedError)).toMatchObject(expected);
});
