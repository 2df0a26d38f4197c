import { expect, it } from "vitest";
import { PluginState } from "../../src/gen/slipway/v1/plugin_pb.js";
import { lab, until } from "../lab/index.js";
import { contextOf, fromPath, mustBuild } from "./build.js";
import { startHostWithClock } from "./host-with-clock.js";

const day = 86_400;

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
  const node = { endpoint: lab().buildkitd.address };
  await host.builders.createBuilder({ name: "own", driver: "remote", node });
  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }));
  const spec = { builder: "own", context, outputs: [{ type: "cacheonly" }] };
  const ids: string[] = [];
  for (const offset of [0, seconds]) {
    await set(offset);
    ids.unshift((await mustBuild(host, spec)).id);
  }
  const { builds } = await host.builds.listBuilds({});
  expect(builds.map(({ id }) => id)).toEqual(ids);
});
