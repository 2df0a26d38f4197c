import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { slipwayOf } from "../cli/slipway.js";
import { contextOf, fromPath, mustBuild, watchToEnd } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { lab, startBuildkitd, tempDir } from "../lab/index.js";
import { backends, bothPlatforms, createPair, digestOf, platformContext } from "./harness.js";

const all = backends();
const addresses = () => ({ amd: all.amd.address, arm: all.arm.address });

/** Starts a build whose steps run on both nodes until they are stopped, and waits until both run. */
async function startEndless(host: TestHost): Promise<string> {
  // Both platforms run programs of this machine, so that no emulation is needed.
  const dockerfile = [
    `FROM --platform=linux/amd64 ${lab().registry.baseImage}`,
    "ARG TARGETARCH",
    `RUN echo begun ${randomUUID()} for $TARGETARCH; while true; do sleep 0.1; done`,
  ].join("\n");
  const context = fromPath(await contextOf({ Dockerfile: dockerfile }));
  const { build } = await host.builds.startBuild({ spec: await bothPlatforms({ context }) });
  const begun = new Set<string>();
  for await (const { event } of host.builds.watchBuild({ id: build!.id })) {
    const { event: what } = event!;
    if (what.case === "finished") throw new Error(JSON.stringify(what.value.error?.message));
    if (what.case === "progress" && what.value.logs.length > 0) begun.add(what.value.node);
    if (begun.size === 2) return build!.id;
  }
  throw new Error("The build had no output.");
}

const startedOn = (run: Awaited<ReturnType<typeof watchToEnd>>) =>
  run.events.flatMap(({ event }) =>
    event.case === "started" ? [[event.value.node, event.value.platforms]] : [],
  );

it("cancels the other node when one is killed, and names the killed one", async () => {
  const doomed = await startBuildkitd();
  onTestFinished(() => doomed.stop());
  const host = await startHost();
  await createPair(host, { ...addresses(), arm: doomed.address });
  const id = await startEndless(host);
  await doomed.kill();
  const run = await watchToEnd(host, id);
  expect(run.finished).toMatchObject({ state: BuildState.FAILED, error: { node: "arm" } });
  expect(run.finished.error?.message).toMatch(/^Node arm: /);
  expect(run.finished.error?.reason).toMatch(/^BUILDKIT_/);
  const last = run.events.flatMap(({ event }) =>
    event.case === "progress" && event.value.node === "amd" ? event.value.vertexes : [],
  );
  const step = last.filter(({ name }) => name.includes("RUN")).at(-1);
  expect(step?.error).toContain("cancel");
});

it("cancels all nodes when the build is cancelled", async () => {
  const host = await startHost();
  await createPair(host, addresses());
  const id = await startEndless(host);
  await host.builds.cancelBuild({ id });
  const { finished, events } = await watchToEnd(host, id);
  expect(finished).toMatchObject({ state: BuildState.CANCELED, error: { reason: "CANCELED", node: "" } });
  const errors = events.flatMap(({ event }) =>
    event.case === "progress" ? event.value.vertexes.map(({ error }) => [event.value.node, error]) : [],
  );
  for (const node of ["amd", "arm"]) expect(errors).toContainEqual([node, expect.stringContaining("cancel")]);
});

it("routes by the platforms of workers when they are not pinned", async () => {
  const host = await startHost();
  await createPair(host, addresses(), {});
  const native = process.arch === "x64" ? "linux/amd64" : "linux/arm64";
  const unpinned = await mustBuild(host, await bothPlatforms({ platforms: [native] }));
  expect(startedOn(unpinned)).toEqual([["amd", [native]]]);

  const half = await startHost();
  await createPair(half, addresses(), { arm: ["linux/arm64"] });
  const run = await mustBuild(half, await bothPlatforms());
  expect(startedOn(run)).toEqual([
    ["amd", ["linux/amd64"]],
    ["arm", ["linux/arm64"]],
  ]);
});

it("uses one node for all of its platforms, and the first one for calls and without platforms", async () => {
  const host = await startHost();
  await createPair(host, addresses(), { amd: ["linux/amd64"], arm: ["linux/arm64", "linux/arm/v7"] });
  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }));
  const both = await mustBuild(host, {
    builder: "pair",
    context,
    platforms: ["linux/arm/v7", "linux/arm64"],
  });
  expect(startedOn(both)).toEqual([["arm", ["linux/arm/v7", "linux/arm64"]]]);
  expect(startedOn(await mustBuild(host, { builder: "pair", context }))).toEqual([["amd", []]]);
  const call = await mustBuild(host, await bothPlatforms({ call: "targets" }));
  expect(startedOn(call).map(([node]) => node)).toEqual(["amd"]);
  expect(JSON.parse(Buffer.from(call.finished.result?.call?.json ?? []).toString()).targets).toHaveLength(1);
});

it("refuses a build when a node cannot be reached, and names the node", async () => {
  const host = await startHost();
  const gone = join(await tempDir(), "gone.sock");
  await createPair(host, { ...addresses(), arm: `unix://${gone}` });
  const spec = await bothPlatforms();
  const error = await host.builds.startBuild({ spec }).then(
    async ({ build }) => (await watchToEnd(host, build!.id)).finished.error,
    (cause) => readTypedError(cause),
  );
  expect(error?.message).toMatch(/^Node arm: /);
  expect(error?.reason).toMatch(/^BUILDKIT_/);
  await mustBuild(host, await bothPlatforms({ platforms: ["linux/amd64"] }));
});

it("warns about caches and images that the nodes do not share", async () => {
  const host = await startHost();
  await createPair(host, addresses());
  const dest = join(await tempDir(), "cache");
  const cacheTo = [{ type: "local", attributes: { dest } }];
  const run = await mustBuild(host, await bothPlatforms({ cacheTo, outputs: [{ type: "image" }] }));
  const warnings = run.events.flatMap(({ event }) => (event.case === "warning" ? [event.value.reason] : []));
  expect(warnings).toEqual(expect.arrayContaining(["IMAGE_SPLIT", "CACHE_OVERWRITTEN"]));
  const { manifests } = JSON.parse(await readFile(join(dest, "index.json"), "utf8"));
  expect(manifests).toHaveLength(1);
  const again = { ...(await bothPlatforms()), cacheFrom: [{ type: "local", attributes: { src: dest } }] };
  const { steps } = await mustBuild(host, again);
  expect(steps.some((step) => step.startsWith("importing cache manifest from local:"))).toBe(true);
});

it("shows the node of each step on the command line", async () => {
  const host = await startHost();
  await createPair(host, addresses());
  const folder = await platformContext();
  const metadata = join(await tempDir(), "metadata.json");
  const slipway = slipwayOf(host);
  const tags = ["-t", `${all.registry.host}/cli:1`, "--push"];
  const options = ["--builder", "pair", "--platform", "linux/amd64,linux/arm64", "--metadata-file", metadata];
  const { stderr, code } = await slipway(["build", "--progress", "plain", ...options, ...tags, folder]);
  expect(stderr).toContain(`merging manifest list ${all.registry.host}/cli:1`);
  expect(stderr).toContain(`pushing ${all.registry.host}/cli:1`);
  for (const node of ["amd", "arm"]) expect(stderr).toContain(`[${node} internal] load build definition`);
  expect(code).toBe(0);
  const written = JSON.parse(await readFile(metadata, "utf8"));
  expect(written["containerimage.digest"]).toBe(await digestOf(all.registry.host, "cli", "1"));
  expect(written["containerimage.descriptor"].digest).toBe(written["containerimage.digest"]);
  expect(written["image.name"]).toBe(`${all.registry.host}/cli:1`);
});
