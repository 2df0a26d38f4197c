import { createWriteStream } from "node:fs";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { expect, it } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { contextOf, fromPath, mustBuild, runBuild } from "../host/build.js";
import { engineEnvironment, type TestHost } from "../host/host.js";
import { engineApi, lab, must, tempDir } from "../lab/index.js";
import {
  backends,
  bothPlatforms,
  platformsIn,
  push,
  rawManifest,
  type SpecFields,
  sharePair,
  startPair,
} from "./harness.js";

const all = backends();
const pair = sharePair(all);

const outputTo = (type: string, path: string, attributes: Record<string, string> = {}) => ({
  type,
  attributes,
  destination: { case: "path", value: path } as const,
});

/** Builds, and reads the streamed output into a file. */
async function buildToFile(host: TestHost, spec: SpecFields, file: string) {
  const { build } = await host.builds.startBuild({ spec });
  for await (const { event } of host.builds.watchBuild({ id: build!.id })) {
    if (event?.event.case === "outputReady") {
      const answers = host.builds.readOutput({ id: build!.id, output: event.event.value.output });
      const chunks = (async function* () {
        for await (const { data } of answers) yield data;
      })();
      await pipeline(Readable.from(chunks), createWriteStream(file));
    }
    if (event?.event.case === "finished") return event.event.value;
  }
  throw new Error("The build did not end.");
}

const reasonOf = (host: TestHost, spec: SpecFields) =>
  host.builds.startBuild({ spec }).then(
    () => "accepted",
    (cause) => readTypedError(cause).reason,
  );

it("writes the folders of all platforms into one folder", async () => {
  const host = pair();
  const folder = await tempDir();
  await mustBuild(host, await bothPlatforms({ outputs: [outputTo("local", folder)] }));
  expect((await readdir(folder)).sort()).toEqual(["linux_amd64", "linux_arm64"]);
  for (const arch of ["amd64", "arm64"]) {
    expect(await readFile(join(folder, `linux_${arch}`, "platform.txt"), "utf8")).toBe(`${arch}\n`);
  }
});

it("fails when two platforms write the same file into a folder that is not split", async () => {
  const host = pair();
  const folder = await tempDir();
  const output = outputTo("local", folder, { "platform-split": "false" });
  const { finished } = await runBuild(host, await bothPlatforms({ outputs: [output] }));
  expect(finished).toMatchObject({ state: BuildState.FAILED, error: { reason: "OUTPUT_CLASH" } });
  expect(finished.error?.message).toContain(".txt is written for two platforms");

  const context = await contextOf({
    Dockerfile: "FROM scratch\nARG TARGETARCH\nCOPY f /dir/$TARGETARCH\n",
    f: "",
  });
  await mustBuild(host, await bothPlatforms({ context: fromPath(context), outputs: [output] }));
  expect((await readdir(join(folder, "dir"))).sort()).toEqual(["amd64", "arm64"]);
});

it("joins the tars of all platforms, as a file and as a stream", async () => {
  const host = pair();
  const folder = await tempDir();
  const file = join(folder, "all.tar");
  await mustBuild(host, await bothPlatforms({ outputs: [outputTo("tar", file)] }));
  const names = (await must("tar", ["-tf", file])).stdout.split("\n");
  const paths = ["amd64", "arm64"].map((arch) => `linux_${arch}/platform.txt`);
  expect(names).toEqual(expect.arrayContaining(paths));
  expect((await must("tar", ["-xOf", file, ...paths])).stdout).toBe("amd64\narm64\n");

  const streamed = join(folder, "stream.tar");
  const output = { type: "local", destination: { case: "stream", value: {} } as const };
  await buildToFile(host, await bothPlatforms({ outputs: [output] }), streamed);
  expect((await must("tar", ["-xOf", streamed, ...paths])).stdout).toBe("amd64\narm64\n");
  expect(await readdir(folder)).toHaveLength(2);
});

it("streams large outputs of two nodes with little memory", async () => {
  const host = await startPair(all);
  const big = 192 << 20;
  const context = await contextOf({ Dockerfile: "FROM scratch\nCOPY big /\n" });
  await must("dd", ["if=/dev/urandom", `of=${join(context, "big")}`, "bs=1M", `count=${big >> 20}`]);
  const file = join(await tempDir(), "all.tar");
  const output = { type: "tar", destination: { case: "stream", value: {} } as const };
  await buildToFile(host, await bothPlatforms({ context: fromPath(context), outputs: [output] }), file);
  expect((await stat(file)).size).toBeGreaterThan(2 * big);
  for (const arch of ["amd64", "arm64"]) {
    await must("sh", ["-c", `tar -xOf ${file} linux_${arch}/big | cmp - ${join(context, "big")}`]);
  }
  const status = await readFile(`/proc/${host.process.pid}/status`, "utf8");
  expect(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) << 10).toBeLessThan(400 << 20);
});

it("creates one OCI archive, in a file and beside a push", async () => {
  const host = pair();
  const { host: registry } = all.registry;
  const file = join(await tempDir(), "image.tar");
  const tags = [`${registry}/archived:1`];
  const spec = await bothPlatforms({ tags, outputs: [outputTo("oci", file), push] });
  const run = await mustBuild(host, spec);
  expect(platformsIn(await rawManifest(`${registry}/archived:1`))).toEqual(["linux/amd64", "linux/arm64"]);
  const raw = await must("skopeo", ["inspect", "--raw", `oci-archive:${file}`]);
  expect(platformsIn(JSON.parse(raw.stdout))).toEqual(["linux/amd64", "linux/arm64"]);
  const copy = [`oci-archive:${file}`, `docker://${registry}/copied:1`];
  await must("skopeo", ["copy", "--all", "--dest-tls-verify=false", ...copy]);
  expect(platformsIn(await rawManifest(`${registry}/copied:1`))).toEqual(["linux/amd64", "linux/arm64"]);
  expect(run.finished.result?.imageNames).toEqual(tags);
});

it("creates one folder in OCI layout", async () => {
  const host = pair();
  const folder = join(await tempDir(), "layout");
  const output = outputTo("oci", folder, { tar: "false" });
  const run = await mustBuild(host, await bothPlatforms({ tags: ["both:1"], outputs: [output] }));
  const { stdout } = await must("skopeo", ["inspect", "--raw", `oci:${folder}:1`]);
  expect(platformsIn(JSON.parse(stdout))).toEqual(["linux/amd64", "linux/arm64"]);
  const { manifests } = JSON.parse(await readFile(join(folder, "index.json"), "utf8"));
  expect(manifests[0].digest).toBe(run.finished.result?.imageDigest);
  await must("skopeo", ["copy", "--all", `oci:${folder}:1`, `oci:${join(await tempDir(), "copy")}:1`]);
});

it("loads an image of both platforms into an engine that supports it", async () => {
  const host = pair();
  const environment = engineEnvironment("engine29");
  const spec = await bothPlatforms({ tags: ["multi-loaded:1"], outputs: [{ type: "docker" }], environment });
  const run = await mustBuild(host, spec);
  const { socket } = lab().engine29;
  try {
    const image = await engineApi(socket, "GET", "/images/multi-loaded:1/json?manifests=1");
    const { Id, Manifests } = JSON.parse(image.toString());
    expect(Id).toBe(run.finished.result?.imageDigest);
    const images = Manifests.filter(({ Kind }: { Kind: string }) => Kind === "image");
    const platforms = images.map(
      ({ ImageData }: { ImageData: { Platform: { architecture: string } } }) =>
        ImageData.Platform.architecture,
    );
    expect(platforms.sort()).toEqual(["amd64", "arm64"]);
  } finally {
    await engineApi(socket, "DELETE", "/images/multi-loaded:1?force=1");
  }
  expect(run.steps.filter((step) => step.startsWith("importing"))).toHaveLength(1);
});

it("refuses outputs that several nodes cannot make, before any work", async () => {
  const host = pair();
  const folder = await tempDir();
  const file = join(folder, "x.tar");
  const refused = async (outputs: SpecFields["outputs"], more: SpecFields = {}) =>
    reasonOf(host, await bothPlatforms({ tags: [`${all.registry.host}/x:1`], outputs, ...more }));
  expect(await refused([push, push])).toBe("FEATURE_UNSUPPORTED");
  expect(await refused([push, outputTo("oci", folder, { tar: "false" })])).toBe("FEATURE_UNSUPPORTED");
  expect(await refused([outputTo("tar", file, { "platform-split": "false" })])).toBe("FEATURE_UNSUPPORTED");
  expect(await refused([outputTo("local", folder, { mode: "delete" })])).toBe("FEATURE_UNSUPPORTED");
  expect(await refused([{ type: "docker" }], { environment: engineEnvironment("engine20") })).toBe(
    "FEATURE_UNSUPPORTED",
  );
  expect(await readdir(folder)).toEqual([]);
});

it("leaves no archive when one node fails while the other sends", async () => {
  const host = pair();
  const folder = await tempDir();
  const context = await contextOf({
    Dockerfile: "FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH.txt /\n",
    "amd64.txt": "x",
  });
  for (const type of ["tar", "oci"]) {
    const file = join(folder, `${type}.tar`);
    await writeFile(file, "what was there before");
    const spec = await bothPlatforms({ context: fromPath(context), outputs: [outputTo(type, file)] });
    const { finished } = await runBuild(host, spec);
    expect(finished.error).toMatchObject({ node: "arm", reason: "FILE_NOT_FOUND" });
    expect(finished.error?.message).toMatch(/^Node arm: /);
    expect(await readFile(file, "utf8")).toBe("what was there before");
  }
  expect((await readdir(folder)).sort()).toEqual(["oci.tar", "tar.tar"]);
});

it("fails, and leaves nothing, when the output cannot be written", async () => {
  const host = pair();
  const mount = join(await tempDir(), "full");
  await mkdir(mount);
  await must("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", mount]);
  try {
    const context = await contextOf({ Dockerfile: "FROM scratch\nCOPY big /\n" });
    await must("dd", ["if=/dev/urandom", `of=${join(context, "big")}`, "bs=1M", "count=4"]);
    for (const type of ["tar", "oci"]) {
      const output = outputTo(type, join(mount, "all.tar"));
      const spec = await bothPlatforms({ context: fromPath(context), outputs: [output] });
      const { finished } = await runBuild(host, spec);
      expect(finished.state).toBe(BuildState.FAILED);
      expect(finished.error?.message).toMatch(/no space left/i);
      expect(await readdir(mount)).toEqual([]);
    }
  } finally {
    await must("umount", [mount]);
  }
});
