import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { bundlePlugin, installOdd } from "../fixtures/plugins/install.js";
import { lab, pauseProcess, startBuildkitd, tempDir, until } from "../lab/index.js";
import { isAlive } from "../plugins/harness.js";
import { watchToEnd } from "./build.js";
import { startEndless } from "./endless-build.js";
import { startHost } from "./host.js";

it("a second signal ends a host at once, and its plugins with it, also one that ignores everything", async () => {
  const plugins = await tempDir();
  await bundlePlugin("odd", join(plugins, "odd.js"));
  await installOdd(plugins, "hangs-on-shutdown", join(plugins, "odd.js"));
  const host = await startHost({ plugins: [plugins] });
  await host.builders.createBuilder({ name: "odd", driver: "odd", validateOnly: true });
  const pids = (await host.plugins.listPlugins({})).plugins.flatMap(({ pid }) => (pid ? [Number(pid)] : []));
  expect(pids.length).toBeGreaterThan(0);
  const id = await startEndless(host, lab().buildkitd.address);

  host.process.kill("SIGTERM");
  await until("the stop to begin", () => host.log().includes('"Stopping"'));
  await until("the host to end", () => host.process.kill("SIGTERM") === false);
  await host.ended;
  expect(host.process.exitCode).toBe(128 + 15);
  await until("the plugins to end", () => !pids.some(isAlive));
  expect(host.log()).toContain(`"message":"Ended by force","builds":"${id}"`);

  const next = await startHost({ folder: host.folder });
  expect((await next.builds.getBuild({ id })).build?.attempt).toBe(2);
  await next.builds.cancelBuild({ id });
  expect((await watchToEnd(next, id)).finished.state).toBe(BuildState.CANCELED);
});

it("a BuildKit that does not answer does not keep a host that is stopped", async () => {
  const buildkitd = await startBuildkitd();
  onTestFinished(() => buildkitd.stop());
  const host = await startHost();
  const id = await startEndless(host, buildkitd.address);
  await pauseProcess(buildkitd.pid);
  onTestFinished(() => void process.kill(buildkitd.pid, "SIGCONT"));
  await host.host.shutdown({ force: true });
  await host.ended;
  expect(host.log()).toContain('"message":"Stopp');
  const next = await startHost({ folder: host.folder });
  const { build } = await next.builds.getBuild({ id });
  expect([BuildState.CANCELED, BuildState.FAILED]).toContain(build!.state);
});
