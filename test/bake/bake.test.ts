import { randomUUID } from "node:crypto";
import { readdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { type Slipway, slipwayOf } from "../cli/slipway.js";
import { contextOf, fromPath } from "../host/build.js";
import { shareHost, type TestHost } from "../host/host.js";
import { baseImageName, lab } from "../lab/index.js";

const driverBuilders = ["docker", "remote"] as const;

/** Reason and fields of the error that a call ends with. */
async function refusal(call: Promise<unknown>) {
  const { reason, fields = [] } = readTypedError(await call.catch((cause) => cause));
  return [reason, fields.map(({ field }) => field)];
}

const shared = shareHost();
let host: TestHost;
let slipway: Slipway;
beforeAll(async () => {
  host = shared();
  await host.builders.createBuilder({
    name: "remote",
    driver: "remote",
    node: { endpoint: lab().buildkitd.address },
  });
  const plain = slipwayOf(host);
  slipway = (args, options) => plain(["bake", "--progress", "plain", ...args], options);
});

/** The flags that select a builder: the engine's own, or the one of the lab's buildkitd. */
const on = (driver: (typeof driverBuilders)[number]) => (driver === "docker" ? [] : ["--builder", "remote"]);

describe.each(driverBuilders)("with the %s driver", (driver) => {
  test("builds several targets, one from the result of another, and exports nothing in between", async () => {
    const cwd = await contextOf({
      "docker-bake.hcl": `
variable "WORD" { default = "nothing" }
group "default" { targets = ["app", "other"] }
target "lib" {
  context = "lib"
  args = { WORD = WORD }
}
target "app" {
  context = "app"
  contexts = { base = "target:lib" }
  output = ["type=local,dest=out/app"]
}
target "other" {
  dockerfile-inline = "FROM scratch\\nCOPY lib/file /other\\n"
  output = ["type=tar,dest=out.tar"]
}
`,
      "lib/Dockerfile": `FROM scratch\nARG WORD\nCOPY file /lib-\${WORD}\nENV FROM_LIB=yes\n`,
      "lib/file": "of lib",
      "app/Dockerfile": "FROM base\nCOPY --from=base /lib-hello /copy\nCOPY mine /\n",
      "app/mine": "of app",
    });
    const metadata = join(cwd, "meta.json");
    const { code, stderr } = await slipway([...on(driver), "--metadata-file", metadata], {
      cwd,
      env: { WORD: "hello" },
    });
    expect([code, stderr]).toEqual([0, expect.stringContaining("[app ")]);
    expect(stderr).toContain("[lib ");
    expect(await readFile(join(cwd, "out/app/copy"), "utf8")).toBe("of lib");
    expect(await readFile(join(cwd, "out/app/lib-hello"), "utf8")).toBe("of lib");
    expect(await readFile(join(cwd, "out/app/mine"), "utf8")).toBe("of app");
    expect((await readFile(join(cwd, "out.tar"))).length).toBeGreaterThan(0);
    expect(stderr).not.toMatch(/exporting to (image|oci|docker)/);
    const written = JSON.parse(await readFile(metadata, "utf8"));
    expect(Object.keys(written)).toEqual(["app", "lib", "other"]);
    expect(written.app["buildx.build.ref"]).toMatch(/.+\/.+\/.+/);
  });

  test("the failure of one target ends the others and is the error", async () => {
    const base = driver === "docker" ? baseImageName : lab().registry.baseImage;
    const cwd = await contextOf({
      "docker-bake.json": JSON.stringify({
        group: { default: { targets: ["bad", "endless"] } },
        target: { bad: { dockerfile: "bad.Dockerfile" }, endless: { dockerfile: "endless.Dockerfile" } },
      }),
      "bad.Dockerfile": `FROM ${base}\nRUN echo ${randomUUID()}; exit 7\n`,
      "endless.Dockerfile": `FROM ${base}\nRUN echo ${randomUUID()}; while true; do sleep 0.1; done\n`,
    });
    const { code, stderr } = await slipway(on(driver), { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain("target bad: ");
    expect(stderr).toContain("exit code: 7");
    const { builds } = await host.builds.listBuilds({ pageSize: 2 });
    expect(builds.map(({ state }) => state).sort()).toEqual([BuildState.FAILED, BuildState.CANCELED].sort());
  });
});

test("an error of an expression has its file, line and column", async () => {
  const cwd = await contextOf({ "docker-bake.hcl": 'target "default" {\n  tags = ["a", upper(NONE)]\n}\n' });
  const { code, stderr } = await slipway(["--print"], { cwd });
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining('docker-bake.hcl:2,22: target "default", attribute "tags"'),
  ]);
  expect(stderr).toContain('   2 | >>>   tags = ["a", upper(NONE)]');
});

test("a client plans, starts and watches a bake by the API alone", async () => {
  const content = Buffer.from(`
group "default" { targets = ["one", "two"] }
target "one" { dockerfile-inline = "FROM scratch\\nCOPY file /\\n" }
target "two" {
  inherits = ["one"]
  labels = { own = BAKE_CMD_CONTEXT }
  contexts = { used = "target:one" }
}
`);
  const plan = await host.bakes.planBake({ files: [{ name: "docker-bake.hcl", content }] });
  expect(plan.targets.map(({ name, dependencies }) => [name, dependencies])).toEqual([
    ["one", []],
    ["two", ["one"]],
  ]);
  const folder = fromPath(await contextOf({ file: "of one" }));
  const targets = plan.targets.map(({ name, spec }) => ({
    name,
    spec: {
      builder: "remote",
      dockerfile: spec!.dockerfile,
      namedContexts: spec!.namedContexts,
      labels: spec!.labels,
      context: folder,
      outputs: [{ type: "cacheonly" }],
    },
  }));
  const requestId = randomUUID();
  const started = await host.bakes.startBake({ targets, requestId });
  expect(await host.bakes.startBake({ targets, requestId })).toEqual(started);
  const watched = started.targets.map(({ name, build }) => ({ name, id: build!.id }));
  const ends = new Map<string, BuildState>();
  const last = new Map<string, bigint>();
  for await (const { target, event } of host.bakes.watchBake({ targets: watched })) {
    expect(event!.sequence).toBe((last.get(target) ?? 0n) + 1n);
    last.set(target, event!.sequence);
    if (event!.event.case === "finished") ends.set(target, event!.event.value.state);
  }
  expect([...ends].sort()).toEqual([
    ["one", BuildState.SUCCEEDED],
    ["two", BuildState.SUCCEEDED],
  ]);
});

test("calls are answered for a target that uses another one, of which no step runs", async () => {
  const cwd = await contextOf({
    "docker-bake.hcl": `
group "default" { targets = ["lib", "app"] }
target "lib" { dockerfile-inline = "FROM ${lab().registry.baseImage}\\nRUN exit 9\\n" }
target "app" {
  dockerfile-inline = "FROM base AS app\\nARG WHO=me\\nrun echo $WHO\\n"
  contexts = { base = "target:lib" }
}
`,
  });
  const checked = await slipway(["--builder", "remote", "--check"], { cwd });
  expect(checked.code).toBe(1);
  expect(checked.stdout).toMatch(/^app\n\n.*ConsistentInstructionCasing.*^lib\n\n.*no warnings found\.\n$/ms);
  const outlined = await slipway(["--builder", "remote", "--call", "outline", "app"], { cwd });
  expect([outlined.code, outlined.stdout]).toEqual([0, expect.stringMatching(/^WHO +me/m)]);
});

test("a target without files is no context, which is said", async () => {
  const cwd = await contextOf({
    "docker-bake.hcl": `
target "empty" { dockerfile-inline = "FROM scratch\\nLABEL a=b\\n" }
target "default" {
  dockerfile-inline = "FROM base\\nCOPY docker-bake.hcl /\\n"
  contexts = { base = "target:empty" }
}
`,
  });
  const { code, stderr } = await slipway(["--builder", "remote"], { cwd });
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining("The target that is the context base has no files"),
  ]);
});

describe("StartBake refuses, and starts nothing", () => {
  const inline = (text: string) => ({ source: { case: "content" as const, value: Buffer.from(text) } });
  const target = (name: string, contexts: Record<string, string> = {}, more = {}) => ({
    name,
    spec: {
      builder: "remote",
      context: { source: { case: "empty" as const, value: {} } },
      dockerfile: inline("FROM scratch\n"),
      namedContexts: Object.fromEntries(
        Object.entries(contexts).map(([key, value]) => [key, { source: { case: "target" as const, value } }]),
      ),
      ...more,
    },
  });

  test.each([
    ["no targets", [], "BAKE_TARGETS_INVALID", "targets"],
    ["the same name twice", [target("a"), target("a")], "BAKE_TARGETS_INVALID", "targets[1].name"],
    [
      "an unknown target",
      [target("a", { b: "b" })],
      "BAKE_TARGET_UNKNOWN",
      "targets[0].spec.named_contexts[b].target",
    ],
    [
      "a cycle",
      [target("a", { b: "b" }), target("b", { a: "a" })],
      "BAKE_CYCLE",
      "targets[0].spec.named_contexts",
    ],
    [
      "one invalid target",
      [target("a"), target("b", {}, { platforms: ["no"] })],
      "PLATFORM_UNKNOWN",
      "targets[1].spec.platforms[0]",
    ],
  ])("%s", async (_, targets, reason, field) => {
    const before = (await host.builds.listBuilds({ pageSize: 1 })).builds[0]?.id;
    expect(await refusal(host.bakes.startBake({ targets }))).toEqual([reason, [field]]);
    expect((await host.builds.listBuilds({ pageSize: 1 })).builds[0]?.id).toBe(before);
  });

  test("a target outside of a bake", async () => {
    const { spec } = target("a", { b: "b" });
    expect(await refusal(host.builds.startBuild({ spec }))).toEqual([
      "CONTEXT_KIND_INVALID",
      ["spec.named_contexts[b].target"],
    ]);
  });
});

test("a definition that never ends, in time or memory, is refused", async () => {
  const thousand = "range(1000)";
  const content = Buffer.from(
    `target "default" { args = { a = length([for a in ${thousand} : [for b in ${thousand} : [for c in ${thousand} : "x"]]]) } }`,
  );
  const call = host.bakes.planBake({ files: [{ name: "docker-bake.hcl", content }] });
  expect(await refusal(call)).toEqual(["BAKE_TOO_LARGE", []]);
}, 120_000);

test("what a definition asks for beyond its folder has to be allowed", async () => {
  const cwd = await contextOf({
    "in/docker-bake.hcl": `target "default" {\n  context = ".."\n  network = "host"\n  dockerfile = "Dockerfile"\n}\n`,
    Dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
  });
  const inner = join(cwd, "in");
  const refused = await slipway(["--builder", "remote"], { cwd: inner });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("additional privileges requested");
  expect(refused.stderr).toContain("--allow=network.host");
  expect(refused.stderr).toContain(`--allow=fs.read=${cwd}`);
  expect((await slipway(["--allow", "network.host=x"], { cwd: inner })).stderr).toContain(
    'unknown entitlement key "network.host"',
  );
  const allowed = await slipway(
    ["--builder", "remote", "--allow", "fs.read=..", "--allow", "network.host", "--set", "*.network=default"],
    {
      cwd: inner,
    },
  );
  expect([allowed.code, allowed.stderr]).toEqual([0, expect.anything()]);
});

test("an output with mode=delete outside of the working folder has to be allowed, also behind a link", async () => {
  const target = `target "default" {
    dockerfile-inline = "FROM scratch\\nCOPY made /\\n"
    output = ["type=local,dest=link,mode=delete"]
  }`;
  const cwd = await contextOf({ "docker-bake.hcl": target, made: "" });
  const outside = await contextOf({ kept: "" });
  await symlink(outside, join(cwd, "link"));
  const bake = (...args: string[]) => slipway([...on("remote"), ...args], { cwd });
  for (const [args, why] of [
    [[], `Write access to path ${outside}`],
    [["--allow=buildx.local.delete"], `Write access to path ${outside}`],
    [[`--allow=fs.write=${outside}`], "requires --allow=buildx.local.delete"],
    [["--allow=fs=*", "--allow=buildx.local.delete=true"], "unknown entitlement key"],
  ] as const) {
    const { code, stderr } = await bake(...args);
    expect([code, stderr]).toEqual([1, expect.stringContaining(why)]);
    expect(await readdir(outside)).toEqual(["kept"]);
  }
  const { code, stderr } = await bake("--allow=fs=*", "--allow=buildx.local.delete");
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  expect(await readdir(outside)).toEqual(["made"]);
});
