import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import type { BuildSpec } from "../../src/gen/slipway/build/v1/build_spec_pb.js";
import { NodeState } from "../../src/gen/slipway/common/v1/node_state_pb.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import {
  type BuildRun,
  contextOf,
  fromPath,
  mustBuild,
  runBuild,
  type SpecInit,
  watchToEnd,
} from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { lab, must, pidsOf, run, startRegistry, tempDir, until } from "../lab/index.js";
import { stateVariable } from "../lab/processes.js";
import { failure } from "../plugins/harness.js";
import { typescriptDriver } from "./examples.js";

/** The fields of a build spec. */
type Fields = Exclude<SpecInit, BuildSpec>;

let plugin: string;
beforeAll(async () => {
  plugin = await typescriptDriver();
}, 600_000);

/** A host with the plugin and the builder "b", and the folder of its nodes. All processes end with the test. */
async function start(
  options: Record<string, string> = {},
): Promise<TestHost & { state: string; build: (spec: Fields) => Promise<BuildRun> }> {
  const folder = await tempDir();
  const env = { XDG_STATE_HOME: join(folder, "s"), [stateVariable]: folder };
  const host = await startHost({ plugins: [plugin], env, folder });
  const node = { options: { "insecure-registries": lab().registry.host, ...options } };
  await host.builders.createBuilder({ name: "b", driver: "buildah", node });
  const build = (spec: Fields) => mustBuild(host, { builder: "b", ...spec });
  return { ...host, state: join(folder, "s/slipway/buildah"), build };
}

const toPath = (type: string, path: string, attributes: Record<string, string> = {}) => ({
  type,
  attributes,
  destination: { case: "path" as const, value: path },
});

async function stateOf(host: TestHost) {
  const { builder } = await host.builders.getBuilder({ name: "b", inspect: true });
  return builder!.nodes[0]!;
}

const errorOf = async (host: TestHost, spec: Fields) =>
  (await runBuild(host, { builder: "b", ...spec })).finished.error;

test("builds from files, arguments, a secret and another context, and reports steps", async () => {
  const host = await start();
  const context = await contextOf({
    Dockerfile: [
      `FROM ${lab().registry.baseImage} AS base`,
      "ARG WHO=nobody",
      "COPY . /src/",
      "COPY --from=other name /name",
      "RUN --mount=type=secret,id=token cp /run/secrets/token /token; mount | grep secrets/token",
      "RUN echo hello $WHO; echo oops >&2",
      "FROM scratch",
      "COPY --from=base /src /name /token /",
    ].join("\n"),
    ".dockerignore": "Dockerfile\nignored\n",
    "kept/a": "1",
    ignored: "2",
  });
  // A name that is not UTF-8.
  await writeFile(Buffer.from(`${context}/kept/caf\xe9`, "latin1"), "3");
  const other = await contextOf({ name: "the other" });
  const dest = join(await tempDir(), "out");
  const secret = `secret-${Math.random()}`;
  const spec = {
    context: fromPath(context),
    namedContexts: { other: { source: { case: "path" as const, value: other } } },
    buildArgs: { WHO: "you" },
    secrets: [{ id: "token", value: Buffer.from(secret) }],
    outputs: [toPath("local", dest)],
  };
  const first = await host.build(spec);
  expect((await readdir(dest)).sort()).toEqual([".dockerignore", "kept", "name", "token"]);
  const kept = await readdir(join(dest, "kept"), { encoding: "buffer" });
  expect(kept.map((name) => name.toString("latin1")).sort()).toEqual(["a", "caf\xe9"]);
  expect(await readFile(join(dest, "token"), "utf8")).toBe(secret);
  expect(first.output).toMatch(/^hello you$/m);
  expect(first.output).toMatch(/^oops$/m);
  // Buildah has the step's secret in memory.
  expect(first.output).toMatch(/slipway on \/run\/secrets\/token type tmpfs/);
  expect(first.steps).toContain("[base 6/6] RUN echo hello $WHO; echo oops >&2");
  expect(first.events.map(({ event }) => event.case)).toEqual(
    expect.arrayContaining(["accepted", "bootstrap", "started", "progress", "finished"]),
  );

  const second = await host.build({ ...spec, outputs: [] });
  const cached = second.events.flatMap(({ event }) =>
    event.case === "progress" ? event.value.vertexes.filter((vertex) => vertex.cached) : [],
  );
  expect(cached.map(({ name }) => name)).toContain("[base 6/6] RUN echo hello $WHO; echo oops >&2");
  expect(second.finished.result).toMatchObject({ cacheOnly: true });
  expect(await readdir(join(host.state, "b0/tmp"))).toEqual([]);
});

test("exports archives, a pushed image and a loaded image that other tools can read", async () => {
  const registry = await startRegistry({ username: "me", password: "open sesame" });
  onTestFinished(() => registry.stop());
  const host = await start({ "insecure-registries": `${registry.host},${lab().registry.host}` });
  const context = fromPath(
    await contextOf({
      Dockerfile: `FROM ${lab().registry.baseImage}\nRUN echo exported > /exported\nCMD ["cat", "/exported"]\n`,
    }),
  );
  const folder = await tempDir();
  const name = `${registry.host}/exported:1`;
  const logins = { [registry.host]: { username: "me", secret: "open sesame" } };
  const { finished } = await host.build({
    context,
    labels: { by: "buildah" },
    tags: [name],
    outputs: [
      toPath("oci", join(folder, "oci.tar")),
      toPath("docker", join(folder, "docker.tar")),
      toPath("tar", join(folder, "files.tar")),
      { type: "registry" },
    ],
    registryAuth: { logins },
  });
  const { result } = finished;
  expect(result?.imageNames).toEqual([name]);

  const authorization = `Basic ${Buffer.from("me:open sesame").toString("base64")}`;
  const accept = "application/vnd.oci.image.manifest.v1+json";
  const pushed = await fetch(`http://${registry.host}/v2/exported/manifests/1`, {
    headers: { authorization, accept },
  });
  expect(pushed.headers.get("docker-content-digest")).toBe(result?.imageDigest);
  const oci = join(folder, "oci");
  await must("mkdir", [oci]);
  await must("tar", ["-xf", join(folder, "oci.tar"), "-C", oci]);
  const { stdout: raw } = await must("umoci", ["stat", "--image", `${oci}:${name}`, "--json"]);
  expect(JSON.parse(raw).history.at(1).created_by).toBe("/bin/sh -c echo exported > /exported");
  const { stdout: exported } = await must("tar", ["-xOf", join(folder, "files.tar"), "exported"]);
  expect(exported).toBe("exported\n");

  const { host: engine } = lab().engine29;
  const docker = (...args: string[]) => must("docker", ["-H", engine, ...args]);
  const { stdout: loaded } = await docker("load", "-i", join(folder, "docker.tar"));
  expect(loaded).toContain(name);
  onTestFinished(async () => void (await docker("rmi", "-f", name)));
  const { stdout: label } = await docker("inspect", "-f", "{{.Config.Labels.by}}", name);
  expect(label).toBe("buildah\n");

  const tag = `slipway.test/buildah-${Math.random().toString(36).slice(2)}:1`;
  await host.build({
    context,
    tags: [tag],
    environment: { DOCKER_HOST: engine },
    outputs: [{ type: "docker" }],
  });
  const { stdout } = await docker("run", "--rm", tag);
  expect(stdout).toBe("exported\n");
  await docker("rmi", "-f", tag);

  expect(
    await errorOf(host, { context, tags: [name], outputs: [{ type: "registry" }], registryAuth: {} }),
  ).toMatchObject({ reason: "REGISTRY_UNAUTHORIZED" });
});

test("reports unsupported features, and refuses them before the build starts", async () => {
  const host = await start();
  const { drivers } = await host.plugins.listDrivers({});
  const driver = drivers.find(({ name }) => name === "buildah")!;
  expect(driver.nativeBuild?.fields).toContain("secrets");
  expect(driver.nativeBuild?.fields).not.toContain("cache_to");
  expect(driver.nativeBuild?.outputs).toEqual(["image", "registry", "oci", "docker", "tar", "local"]);

  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }));
  const refusal = (spec: Fields) =>
    failure(host.builds.startBuild({ spec: { builder: "b", context, ...spec } }));
  const refused = await refusal({
    cacheTo: [{ type: "inline" }],
    ssh: [{ id: "default", agentSocket: "/nowhere" }],
    attestations: { sbom: "", provenance: "disabled=true" },
    call: "check",
    namedContexts: { far: { source: { case: "url", value: "https://example.com/x.git" } } },
  });
  expect(refused).toMatchObject({ reason: "FEATURE_UNSUPPORTED", metadata: { capability: "build.native" } });
  expect(refused.fields?.map(({ field }) => field).sort()).toEqual([
    "spec.attestations",
    "spec.cache_to",
    "spec.call",
    "spec.named_contexts[far]",
    "spec.ssh",
  ]);
  await host.build({ context });
  expect(await refusal({ platforms: ["linux/amd64", "linux/arm64"] })).toMatchObject({
    reason: "FEATURE_UNSUPPORTED",
    fields: [{ field: "spec.platforms" }],
  });
  expect(
    await refusal({
      outputs: [toPath("oci", "/tmp/never.tar", { compression: "zstd" })],
      annotations: { "manifest-descriptor:a": "b" },
    }),
  ).toMatchObject({
    reason: "BUILDAH_ATTRIBUTE_UNSUPPORTED",
    fields: [
      { field: "spec.outputs[0].attributes[compression]" },
      { field: "spec.annotations[manifest-descriptor:a]" },
    ],
  });

  const unsupported = { reason: "FEATURE_UNSUPPORTED", metadata: { capability: "build.native" } };
  const all = async (stream: AsyncIterable<unknown>) => {
    for await (const _ of stream);
  };
  expect(await failure(host.builders.getDiskUsage({ builder: "b" }))).toMatchObject(unsupported);
  expect(await failure(all(host.builders.pruneBuilder({ name: "b" })))).toMatchObject(unsupported);
});

test("errors are typed, with the step and its exit code", async () => {
  const host = await start();
  const base = lab().registry.baseImage;
  const failing = async (lines: string, spec: Fields = {}) => {
    const context = fromPath(await contextOf({ Dockerfile: lines }));
    return errorOf(host, { context, ...spec });
  };
  const failed = await failing(`FROM ${base}\nRUN exit 7\n`);
  expect(failed).toMatchObject({ reason: "STEP_FAILED", exitCode: 7 });
  expect(failed?.vertex).toMatch(/^sha256:/);
  expect(await failing(`FROM ${base}\nCOPY missing /\n`)).toMatchObject({ reason: "FILE_NOT_FOUND" });
  expect(await failing(`FROM ${base}\nNONSENSE\n`)).toMatchObject({ reason: "DOCKERFILE_SYNTAX" });
  expect(await failing(`FROM ${base}\n`, { target: "none" })).toMatchObject({ reason: "TARGET_UNKNOWN" });
  const secret = "RUN --mount=type=secret,id=none,required=true true\n";
  expect(await failing(`FROM ${base}\n${secret}`)).toMatchObject({ reason: "SECRET_MISSING" });
  expect(await failing(`FROM ${lab().registry.host}/none\nRUN true\n`)).toMatchObject({
    reason: "IMAGE_UNAVAILABLE",
  });
  const dest = "/proc/version/out.tar";
  const context = fromPath(await contextOf({ Dockerfile: `FROM ${base}\n` }));
  expect(
    await failure(
      host.builds.startBuild({ spec: { builder: "b", context, outputs: [toPath("oci", dest)] } }),
    ),
  ).toMatchObject({ reason: "OUTPUT_PATH_INVALID" });
});

/** Starts an endless build; resolves when its step runs. */
async function startEndless(host: TestHost): Promise<string> {
  const mark = `started-${Math.random()}`;
  const Dockerfile = `FROM ${lab().registry.baseImage}\nRUN echo ${mark}; while true; do sleep 0.1; done\n`;
  const context = fromPath(await contextOf({ Dockerfile }));
  const { build } = await host.builds.startBuild({ spec: { builder: "b", context } });
  for await (const { event } of host.builds.watchBuild({ id: build!.id })) {
    if (event?.event.case === "finished") throw new Error(event.event.value.error?.message);
    if (event?.event.case !== "progress") continue;
    if (event.event.value.logs.some(({ data }) => Buffer.from(data).toString().includes(mark))) break;
  }
  return build!.id;
}

test("a build that is cancelled or loses its plugin ends with a typed error and leaves nothing", async () => {
  const host = await start();
  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }));
  await host.build({ context });
  const nothingRuns = () =>
    until("the build's processes to end", async () => (await pidsOf(host.state)).length === 0);
  const files = () => readdir(join(host.state, "b0/tmp"));

  const cancelled = await startEndless(host);
  expect((await pidsOf(host.state)).length).toBeGreaterThan(0);
  await host.builds.cancelBuild({ id: cancelled });
  expect((await watchToEnd(host, cancelled)).finished).toMatchObject({ state: BuildState.CANCELED });
  await nothingRuns();
  await until("the build's files to be deleted", async () => (await files()).length === 0);

  // A client that stops reading blocks neither other builds nor the end of its own.
  const blob = await contextOf({ Dockerfile: "FROM scratch\nCOPY blob /\n", blob: "x".repeat(32 << 20) });
  const outputs = [{ type: "tar", destination: { case: "stream" as const, value: {} } }];
  const { build } = await host.builds.startBuild({
    spec: { builder: "b", context: fromPath(blob), outputs },
  });
  const stalled = new AbortController();
  for await (const { event } of host.builds.watchBuild({ id: build!.id })) {
    if (event?.event.case === "outputReady") break;
  }
  const reading = host.builds.readOutput({ id: build!.id, output: 0 }, { signal: stalled.signal });
  await reading[Symbol.asyncIterator]().next();
  await host.build({ context });
  await host.builds.cancelBuild({ id: build!.id });
  expect((await watchToEnd(host, build!.id)).finished).toMatchObject({ state: BuildState.CANCELED });
  stalled.abort();
  await nothingRuns();
  await until("the build's files to be deleted", async () => (await files()).length === 0);

  const lost = await startEndless(host);
  const { plugins } = await host.plugins.listPlugins({});
  process.kill(plugins.find(({ name }) => name === "buildah")!.pid, "SIGKILL");
  expect((await watchToEnd(host, lost)).finished).toMatchObject({
    state: BuildState.FAILED,
    error: { reason: "DRIVER_CRASHED" },
  });
  await nothingRuns();
  await host.build({ context });
  // The next boot has removed what the killed build left.
  expect((await run("sh", ["-c", `mount | grep -c ${host.state}`])).stdout.trim()).toBe("0");
});

test("a node is created, kept and removed", async () => {
  const host = await start();
  expect((await stateOf(host)).status).toMatchObject({
    state: NodeState.ABSENT,
    reason: "BUILDAH_NOT_BOOTED",
  });
  for await (const _ of host.builders.bootstrapBuilder({ name: "b" }));
  const node = await stateOf(host);
  expect(node.status).toMatchObject({
    state: NodeState.RUNNING,
    backend: expect.stringMatching(/^Buildah \d/),
  });
  expect(node.platforms).toHaveLength(1);
  expect(node.buildkitVersion).toBe("");
  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }));
  await host.build({ context, tags: ["kept:1"] });
  const { kept } = await host.builders.removeBuilder({ name: "b", keepState: true });
  expect(kept).toEqual([join(host.state, "b0")]);
  await host.builders.createBuilder({ name: "b", driver: "buildah" });
  expect((await stateOf(host)).status).toMatchObject({ state: NodeState.ABSENT, stateKept: true });
  const again = await host.build({ context });
  expect(
    again.events.some(({ event }) => event.case === "progress" && event.value.vertexes.some((v) => v.cached)),
  ).toBe(true);
  await host.builders.removeBuilder({ name: "b" });
  expect(existsSync(join(host.state, "b0"))).toBe(false);
});
