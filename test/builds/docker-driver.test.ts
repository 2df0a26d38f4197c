import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { contextOf, fromPath, mustBuild, runBuild } from "../host/build.js";
import { engineEnvironment, shareHost, startHost } from "../host/host.js";
import { baseImageName, lab, must, tempDir } from "../lab/index.js";

const engines = ["engine20", "engine29"] as const;

async function docker(engine: (typeof engines)[number], ...args: string[]): Promise<string> {
  const { stdout } = await must("docker", args, { env: { ...process.env, DOCKER_HOST: lab()[engine].host } });
  return stdout.trim();
}

const shared = shareHost();

describe.each(engines)("the docker driver on %s", (engine) => {
  it("builds an image into the image store, and it runs", async () => {
    const host = shared();
    const tag = `slipway.test/hello-${engine}:1`;
    const context = await contextOf({
      Dockerfile: `FROM ${baseImageName}\nARG WHO=nobody\nCOPY greeting /\nRUN echo "$(cat /greeting) $WHO" > /out && echo ran in RUN\nCMD ["cat", "/out"]\n`,
      greeting: "hello",
    });
    const run = await mustBuild(host, {
      environment: engineEnvironment(engine),
      context: fromPath(context),
      tags: [tag, `hello/${engine}:1`],
      buildArgs: { WHO: `world ${Date.now()}` },
      labels: { "org.example": "yes" },
    });
    expect(run.output).toContain("ran in RUN");
    expect(run.finished.result?.imageDigest).toMatch(/^sha256:/);
    expect(run.finished.result?.imageNames).toEqual([tag, `docker.io/hello/${engine}:1`]);
    expect(await docker(engine, "run", "--rm", "--network", "none", tag)).toMatch(/^hello world/);
    expect(await docker(engine, "inspect", "--format", "{{json .Config.Labels}}", tag)).toContain(
      '"org.example":"yes"',
    );
  });

  it("writes a folder and a tar", async () => {
    const host = shared();
    const out = await tempDir();
    const context = await contextOf({
      Dockerfile: "FROM scratch\nCOPY sub /sub\n",
      "sub/ünïcode 😀.txt": "text",
    });
    const spec = { environment: engineEnvironment(engine), context: fromPath(context) };
    const local = join(out, "folder");
    await mustBuild(host, {
      ...spec,
      outputs: [{ type: "local", destination: { case: "path", value: local } }],
    });
    expect(await readFile(join(local, "sub/ünïcode 😀.txt"), "utf8")).toBe("text");
    const tar = join(out, "out.tar");
    await mustBuild(host, { ...spec, outputs: [{ type: "tar", destination: { case: "path", value: tar } }] });
    expect((await must("tar", ["-tf", tar])).stdout).toContain("sub/");
    expect(await readdir(out)).toEqual(["folder", "out.tar"]);
  });

  it("mounts secrets, which do not appear in the record or the log", async () => {
    const host = shared();
    const secret = `s3cret-${Math.random()}`;
    const context = await contextOf({
      Dockerfile: `FROM ${baseImageName}\nRUN --mount=type=secret,id=token sha256sum /run/secrets/token\n`,
    });
    const run = await mustBuild(host, {
      environment: engineEnvironment(engine),
      context: fromPath(context),
      secrets: [{ id: "token", value: Buffer.from(secret) }],
      noCache: true,
    });
    const { createHash } = await import("node:crypto");
    expect(run.output).toContain(createHash("sha256").update(secret).digest("hex"));
    expect(host.log()).not.toContain(secret);
    const { stdout } = await must("grep", ["-r", "-c", secret, host.folder]).catch((error) => error);
    expect(String(stdout)).not.toMatch(/:[1-9]/);
    const { build } = await host.builds.getBuild({ id: run.id });
    expect(build?.spec?.secrets).toMatchObject([{ id: "token", value: new Uint8Array() }]);
  });

  it("reports the position of a failing step and of a syntax error", async () => {
    const host = shared();
    const spec = { environment: engineEnvironment(engine) };
    const failing = await contextOf({ Dockerfile: `FROM ${baseImageName}\nRUN echo before; exit 42\n` });
    const failed = await runBuild(host, { ...spec, context: fromPath(failing) });
    expect(failed.finished).toMatchObject({
      state: BuildState.FAILED,
      error: {
        reason: "STEP_FAILED",
        code: Code.FailedPrecondition,
        exitCode: 42,
        vertex: expect.stringMatching(/^sha256:/),
      },
    });
    expect(failed.output).toContain("before");
    const broken = await contextOf({ Dockerfile: "FROM scratch\n\nCOPPY a b\n" });
    const refused = await runBuild(host, { ...spec, context: fromPath(broken) });
    expect(refused.finished.error).toMatchObject({
      reason: "DOCKERFILE_SYNTAX",
      code: Code.InvalidArgument,
    });
    expect(refused.finished.error?.message).toMatch(/unknown instruction: COPPY/);
    if (engine === "engine29") {
      expect(failed.finished.error?.sources[0]).toMatchObject({
        filename: "Dockerfile",
        ranges: [{ startLine: 2 }],
      });
      expect(refused.finished.error?.sources[0]).toMatchObject({
        filename: "Dockerfile",
        ranges: [{ startLine: 3 }],
      });
    }
  });

  it("reports what is missing: a secret, a stage, a file", async () => {
    const host = shared();
    const spec = { environment: engineEnvironment(engine) };
    const secret = await contextOf({
      Dockerfile: `FROM ${baseImageName}\nRUN --mount=type=secret,id=none,required=true true\n`,
    });
    const noSecret = await runBuild(host, { ...spec, context: fromPath(secret) });
    expect(noSecret.finished.error).toMatchObject({ reason: "SECRET_MISSING" });
    const plain = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY nowhere /\n" }));
    const noStage = await runBuild(host, { ...spec, context: plain, target: "nope" });
    expect(noStage.finished.error).toMatchObject({ reason: "TARGET_UNKNOWN" });
    const noFile = await runBuild(host, { ...spec, context: plain });
    expect(noFile.finished.error).toMatchObject({ reason: "FILE_NOT_FOUND" });
  });
});

it("refuses what the classic store does not support, before the build starts", async () => {
  const host = await startHost();
  const spec = {
    environment: engineEnvironment("engine20"),
    context: fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" })),
  };
  const refusals = [
    { platforms: ["linux/amd64", "linux/arm64"] },
    { outputs: [{ type: "oci", destination: { case: "path" as const, value: "/tmp/never.tar" } }] },
    { cacheTo: [{ type: "registry", attributes: { ref: "localhost/x" } }] },
    { attestations: { sbom: "" } },
  ];
  for (const refusal of refusals) {
    const error = readTypedError(
      await host.builds.startBuild({ spec: { ...spec, ...refusal } }).catch((e) => e),
    );
    expect(error, JSON.stringify(refusal)).toMatchObject({
      code: Code.FailedPrecondition,
      reason: "FEATURE_UNSUPPORTED",
    });
    expect(error.remedy, JSON.stringify(refusal)).toMatch(/driver|builder/);
  }
  expect((await host.builds.listBuilds({})).builds).toEqual([]);
});

it("supports on the containerd store what the classic one does not: platforms, archives, several outputs", async () => {
  const host = shared();
  const out = await tempDir();
  const tag = "slipway.test/platforms:1";
  await mustBuild(host, {
    environment: engineEnvironment("engine29"),
    context: fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" })),
    tags: [tag],
    platforms: ["linux/amd64", "linux/arm64"],
    outputs: [
      { type: "docker" },
      { type: "oci", destination: { case: "path", value: join(out, "oci.tar") } },
      { type: "local", destination: { case: "path", value: join(out, "local") } },
    ],
  });
  expect(await docker("engine29", "image", "ls", "--quiet", tag)).not.toBe("");
  const index = await must("tar", ["-xOf", join(out, "oci.tar"), "index.json"]);
  expect(JSON.parse(index.stdout).manifests).toHaveLength(1);
  expect((await readdir(join(out, "local"))).sort()).toEqual(["linux_amd64", "linux_arm64"]);
});
