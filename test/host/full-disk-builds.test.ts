import { randomUUID } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { expect, it, onTestFinished } from "vitest";
import { inChunks, makeTar } from "../../src/archive/make-tar.test-helper.js";
import { uploadFolder } from "../../src/client/upload.js";
import { uploadTar } from "../../src/client/upload-tar.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { lab, tempDir } from "../lab/index.js";
import { docker as dockerOn } from "../loading/harness.js";
import { contextOf, fromPath, mustBuild, watchToEnd } from "./build.js";
import { failure } from "./failure.js";
import { engineEnvironment, startHost, type TestHost } from "./host.js";
import { leaveFree, makeDisk } from "./small-disk.js";

const builder = "far";
const outputs = [{ type: "cacheonly" }];

/** A host whose state is on a disk of its own. */
async function startOn(size: string): Promise<{ host: TestHost; state: string; filler: string }> {
  const folder = await tempDir();
  const state = await makeDisk(join(folder, "state"), size);
  const host = await startHost({ folder });
  const node = { endpoint: lab().buildkitd.address };
  await host.builders.createBuilder({ name: builder, driver: "remote", node });
  return { host, state, filler: join(state, "filler") };
}

/** Starts a build whose step writes a line every 10 ms, and waits for the first one. */
async function startTalking(host: TestHost): Promise<string> {
  const lines = [
    `FROM ${lab().registry.baseImage}`,
    `RUN : ${randomUUID()}; while true; do echo talk; sleep 0.01; done`,
  ];
  const context = fromPath(await contextOf({ Dockerfile: lines.join("\n") }));
  const { build } = await host.builds.startBuild({ spec: { builder, context, outputs } });
  for await (const { event } of host.builds.watchBuild({ id: build!.id })) {
    if (event?.event.case === "progress" && event.event.value.logs.length > 0) return build!.id;
  }
  throw new Error("The build had no output.");
}

const small = () => contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
const stillBuilds = async (host: TestHost) =>
  mustBuild(host, { builder, outputs, context: fromPath(await small()) });

it("an upload that fills the disk fails, leaves nothing, and works again with free space", async () => {
  const { host, state, filler } = await startOn("160m");
  await leaveFree(state, filler, 72 << 20);
  const content = Buffer.alloc(24 << 20, randomUUID());
  const tar = await makeTar([{ name: "large", content }]);
  const folder = await contextOf({ Dockerfile: "FROM scratch\nCOPY large /\n", large: String(content) });
  const noSpace = { code: Code.ResourceExhausted, reason: "UPLOAD_NO_SPACE" };
  expect(await failure(uploadTar(host.uploads, inChunks(tar)))).toMatchObject(noSpace);
  expect(await failure(uploadFolder(host.uploads, folder))).toMatchObject(noSpace);
  const uploads = join(state, "uploads");
  const files = (await readdir(uploads, { recursive: true, withFileTypes: true })).filter((it) =>
    it.isFile(),
  );
  expect(files.map(({ name }) => name)).toEqual([]);
  // Others build meanwhile.
  await stillBuilds(host);

  await rm(filler);
  const { id } = await uploadFolder(host.uploads, folder);
  const context = { source: { case: "upload" as const, value: id } };
  await mustBuild(host, { builder, outputs, context });
});

it("an image of an engine that does not fit on the disk fails the build, leaves nothing, and works with free space", async () => {
  const { host, state, filler } = await startOn("160m");
  const environment = engineEnvironment("engine29");
  const name = `slipway.test/large-${randomUUID()}`;
  onTestFinished(async () => void (await dockerOn("engine29", "rmi", "--force", name)));
  const lines = ["FROM slipway.test/base:1", `RUN : ${name}; head -c 33554432 /dev/urandom > /large`];
  const large = fromPath(await contextOf({ Dockerfile: lines.join("\n") }));
  await mustBuild(host, { environment, context: large, tags: [name] });

  const using = async () => ({
    builder,
    environment,
    outputs,
    noCache: true,
    context: fromPath(await contextOf({ Dockerfile: "FROM base\nRUN ls -l /large\n" })),
    namedContexts: { base: { source: { case: "storedImage" as const, value: { name } } } },
  });
  const images = () => readdir(join(state, "images"));
  await leaveFree(state, filler, 80 << 20);
  const { build } = await host.builds.startBuild({ spec: await using() });
  const { finished } = await watchToEnd(host, build!.id);
  expect(finished).toMatchObject({
    state: BuildState.FAILED,
    error: { code: Code.ResourceExhausted, reason: "IMAGE_NO_SPACE", message: expect.stringContaining(name) },
  });
  expect(await images()).toEqual([]);
  await stillBuilds(host);

  await rm(filler);
  await mustBuild(host, await using());
  expect(await images()).toEqual([]);
});

it("a disk that fills while a build runs ends the build; its end is shown at once and stored later", async () => {
  const { host, state, filler } = await startOn("96m");
  const id = await startTalking(host);
  await leaveFree(state, filler, 2 << 20);
  const { finished } = await watchToEnd(host, id);
  const failed = {
    state: BuildState.FAILED,
    error: { code: Code.ResourceExhausted, reason: "STATE_NOT_STORED" },
  };
  expect(finished).toMatchObject(failed);
  expect((await host.builds.getBuild({ id })).build).toMatchObject(failed);
  expect((await host.builds.listBuilds({})).builds).toMatchObject([failed]);
  expect((await watchToEnd(host, id)).finished).toMatchObject(failed);

  await rm(filler);
  await stillBuilds(host);
  host.process.kill("SIGTERM");
  await host.ended;
  const next = await startHost({ folder: host.folder });
  expect((await next.builds.getBuild({ id })).build).toMatchObject(failed);
  expect((await watchToEnd(next, id)).finished).toMatchObject(failed);
});

it.each([16, 2, 0])(
  "a host with %d MiB of free space starts, and closes builds of a killed one",
  async (mebibytes) => {
    const { host, state, filler } = await startOn("96m");
    const id = await startTalking(host);
    host.process.kill("SIGKILL");
    await host.ended;
    await leaveFree(state, filler, mebibytes << 20);

    const next = await startHost({ folder: host.folder });
    expect(next.log()).toContain("The disk of the state folder is full, so no build can start");
    const failed = { state: BuildState.FAILED, error: { reason: "HOST_STOPPED" } };
    expect((await next.builds.getBuild({ id })).build).toMatchObject(failed);
    expect((await watchToEnd(next, id)).finished).toMatchObject(failed);
    const context = fromPath(await small());
    expect(await failure(next.builds.startBuild({ spec: { builder, outputs, context } }))).toMatchObject({
      code: Code.ResourceExhausted,
      reason: "STATE_NOT_STORED",
    });

    await rm(filler);
    await stillBuilds(next);
    next.process.kill("SIGTERM");
    await next.ended;
    const last = await startHost({ folder: host.folder });
    expect((await last.builds.getBuild({ id })).build).toMatchObject(failed);
  },
);
