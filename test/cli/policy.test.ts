import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { beforeAll, describe, expect, test } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { contextOf, fromPath, mustBuild, type SpecInit, withoutBuilds } from "../host/build.js";
import { shareHost, type TestHost } from "../host/host.js";
import { lab, must, tempDir } from "../lab/index.js";
import { type Slipway, slipwayOf } from "./slipway.js";

const rego = "package docker\n\ndefault allow := false\n";
const dockerfile = "FROM scratch\nCOPY a /\n";

const shared = shareHost();
let host: TestHost;
let slipway: Slipway;
beforeAll(async () => {
  host = shared();
  const node = { endpoint: lab().buildkitd.address };
  await host.builders.createBuilder({ name: "far", driver: "remote", node });
  const plain = slipwayOf(host);
  slipway = (args, options) => plain(["build", "--builder", "far", ...args], options);
});

describe("a policy file beside the Dockerfile", () => {
  /** Each with the arguments of the CLI for a folder, and its policy file. */
  const places: [string, string[], string][] = [
    ["in the context", ["."], "Dockerfile.rego"],
    ["of a named Dockerfile", [".", "-f", "sub/My.Dockerfile"], "sub/My.Dockerfile.rego"],
    ["of a Dockerfile elsewhere", ["sub", "-f", "Dockerfile"], "Dockerfile.rego"],
    ["of an archive", ["-"], "Dockerfile.rego"],
    ["of a named Dockerfile in an archive", ["-", "-f", "./sub/My.Dockerfile"], "sub/My.Dockerfile.rego"],
  ];

  test.each(places)("is refused, %s, unless it is switched off", async (_, args, policy) => {
    const cwd = await contextOf({
      Dockerfile: dockerfile,
      "sub/My.Dockerfile": dockerfile,
      "sub/a": "",
      a: "",
      [policy]: rego,
    });
    const archive = join(await tempDir(), "context.tar");
    const build = async (...flags: string[]) => {
      await must("tar", ["-C", cwd, "-cf", archive, "."]);
      const input = args[0] === "-" ? await readFile(archive) : undefined;
      return slipway([...flags, ...args], { cwd, input });
    };
    const refused = await withoutBuilds(host, build);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^ERROR: .*policy in .*Dockerfile\.rego cannot be enforced.*$/im);
    expect(refused.stderr).toContain("--policy disabled=true");
    expect(await build("--policy", "disabled=true")).toMatchObject({ code: 0 });
  });
});

test("builds without the policy file of another Dockerfile, or with policies reset", async () => {
  const cwd = await contextOf({ Dockerfile: dockerfile, a: "", "Other.Dockerfile.rego": rego });
  expect(await slipway(["--policy", "strict=true", "."], { cwd })).toMatchObject({ code: 0 });
  await rename(join(cwd, "Other.Dockerfile.rego"), join(cwd, "Dockerfile.rego"));
  expect(await slipway(["--policy", "reset=true,log-level=debug", "."], { cwd })).toMatchObject({ code: 0 });
});

test("a policy that is named is refused before the build", async () => {
  const cwd = await contextOf({ Dockerfile: dockerfile, a: "", "own.rego": rego });
  const refusals = {
    "filename=own.rego": "own.rego cannot be enforced",
    "filename=cwd://own.rego": "own.rego cannot be enforced",
    "filename=missing.rego": "policy file missing.rego not found",
    "disabled=true,filename=own.rego": "disabled policy cannot be combined",
  };
  await withoutBuilds(host, async () => {
    for (const [value, message] of Object.entries(refusals)) {
      const { code, stderr } = await slipway(["--policy", value, "."], { cwd });
      expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
    }
    const { stderr } = await slipway(["--policy", "disabled=maybe", "."], { cwd });
    expect(stderr).toContain("invalid value disabled=maybe");
  });
});

test("the API refuses a policy file with a typed error, and builds when policies are disabled", async () => {
  const folder = await contextOf({ Dockerfile: dockerfile, a: "", "Dockerfile.rego": rego });
  const path = join(folder, "Dockerfile");
  const specs: Exclude<SpecInit, { $typeName: string }>[] = [
    { builder: "far", context: fromPath(folder) },
    { builder: "far", context: fromPath(folder), dockerfile: { source: { case: "path", value: path } } },
  ];
  for (const spec of specs) {
    const error = readTypedError(await host.builds.startBuild({ spec }).catch((cause) => cause));
    expect(error).toMatchObject({
      code: Code.FailedPrecondition,
      reason: "POLICY_UNSUPPORTED",
      fields: [{ field: "spec.policy" }],
      remedy: expect.stringContaining("spec.policy.disabled"),
    });
    await mustBuild(host, { ...spec, policy: { disabled: true } });
  }
});
