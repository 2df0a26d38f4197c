import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { uploadFolder } from "../../src/client/upload.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { PluginState } from "../../src/gen/slipway/v1/plugin_pb.js";
import { lab, until } from "../lab/index.js";
import { contextOf, fromPath, mustBuild, type SpecInit, watchToEnd } from "./build.js";
import type { TestHost } from "./host.js";
import { startHostWithClock } from "./host-with-clock.js";

const day = 86_400;

/** Creates the builder "own" on the lab's BuildKit. */
async function createOwn(host: TestHost): Promise<void> {
  const node = { endpoint: lab().buildkitd.address };
  await host.builders.createBuilder({ name: "own", driver: "remote", node });
}

/** Uploads a context that consists of a Dockerfile, and returns its id. */
const upload = async (host: TestHost, Dockerfile: string): Promise<string> =>
  (await uploadFolder(host.uploads, await contextOf({ Dockerfile }))).id;

/** A build of an upload. */
const specOf = (id: string): SpecInit => ({
  builder: "own",
  context: { source: { case: "upload", value: id } },
  outputs: [{ type: "cacheonly" }],
});

it("a crashed plugin starts again at once, although the clock was set back by a day", async () => {
  const { host, set } = await startHostWithClock();
  const remote = async () => {
    const { plugins } = await host.plugins.listPlugins({});
    return plugins.find(({ name }) => name === "remote")!;
  };
  const node = { endpoint: "tcp://127.0.0.1:1" };
  await host.builders.createBuilder({ name: "far", driver: "remote", node, validateOnly: true });
  process.kill(Number((await remote()).pid), "SIGKILL");
  await until("the crash to be noticed", async () => (await remote()).state === PluginState.BACKOFF);
  await set(-day);
  await host.builders.createBuilder({ name: "far", driver: "remote", node, validateOnly: true });
  expect((await remote()).restartCount).toBe(1);
});

it.each([day, -day])("builds work and are listed in order when the clock is set by %i s", async (seconds) => {
  const { host, set } = await startHostWithClock();
  await createOwn(host);
  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }));
  const spec = { builder: "own", context, outputs: [{ type: "cacheonly" }] };
  const dockerfile = `FROM ${lab().registry.baseImage}\nRUN : ${randomUUID()}; sleep 2\n`;
  const during = fromPath(await contextOf({ Dockerfile: dockerfile }));
  const { build } = await host.builds.startBuild({ spec: { ...spec, context: during } });
  const ids = [build!.id];
  for (const offset of [0, seconds]) {
    await set(offset);
    ids.unshift((await mustBuild(host, spec)).id);
  }
  expect((await watchToEnd(host, build!.id)).finished.state).toBe(BuildState.SUCCEEDED);
  const { builds } = await host.builds.listBuilds({});
  expect(builds.map(({ id }) => id)).toEqual(ids);
});

it.each([day, -day])("uploads stay, and expire in time, when the clock is set by %i s", async (seconds) => {
  const { host, set } = await startHostWithClock();
  const id = await upload(host, "FROM scratch\nCOPY Dockerfile /\n");
  const half = await host.uploads.createUpload({});
  await set(seconds);
  await createOwn(host);
  await mustBuild(host, specOf(id));
  const chunk = { id: half.upload!.id, data: Buffer.alloc(512) };
  expect((await host.uploads.writeUpload(chunk)).offset).toBe(512n);
  const before = Date.now() + seconds * 1000;
  const { upload: finished } = await host.uploads.finishUpload({ id });
  const after = Date.now() + seconds * 1000;
  const expires = Number(finished!.expireTime!.seconds) * 1000;
  expect(expires).toBeGreaterThan(before);
  expect(expires).toBeLessThanOrEqual(after + 3_600_000);
});
