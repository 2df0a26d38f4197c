import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { lab, tempDir, until } from "../lab/index.js";
import { isAlive } from "../plugins/harness.js";
import { watchToEnd } from "./build.js";
import { startEndless } from "./endless-build.js";
import { startHost, type TestHost } from "./host.js";

/** A module that plants faults in the host when it gets a signal. */
const faults = `
if (process.argv.includes("serve")) {
  process.on("SIGUSR2", () => void Promise.reject(new Error("a planted rejection")));
  process.on("SIGWINCH", () => { throw new Error("a planted exception"); });
}
`;

async function startFaulty(): Promise<TestHost> {
  const preload = join(await tempDir(), "faults.mjs");
  await writeFile(preload, faults);
  const env = { NODE_OPTIONS: `--import=${pathToFileURL(preload)}` };
  return startHost({ env, hasIncidents: true });
}

/** The lines of a log with this message. */
function linesOf(log: string, message: string): Record<string, string>[] {
  const lines = log.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line)).filter((line) => line.message === message);
}

it("a rejection that nothing handles is logged, and the host and its builds go on", async () => {
  const host = await startFaulty();
  const id = await startEndless(host, lab().buildkitd.address);
  const message = "A promise was rejected and nothing handled it";
  host.process.kill("SIGUSR2");
  await until("the rejection to be logged", () => linesOf(host.log(), message).length > 0);
  expect(linesOf(host.log(), message)).toMatchObject([
    {
      level: "error",
      incident: expect.stringMatching(/^[0-9a-f]{8}$/),
      error: expect.stringMatching(/^Error: a planted rejection\n +at /),
    },
  ]);
  expect((await host.builds.getBuild({ id })).build?.state).toBe(BuildState.RUNNING);
  await host.builds.cancelBuild({ id });
  expect((await watchToEnd(host, id)).finished.state).toBe(BuildState.CANCELED);
});

it("an uncaught exception is logged, and ends the host and its plugins", async () => {
  const host = await startFaulty();
  const id = await startEndless(host, lab().buildkitd.address);
  const { plugins } = await host.plugins.listPlugins({});
  const pids = plugins.flatMap(({ pid }) => (pid ? [Number(pid)] : []));
  expect(pids.length).toBeGreaterThan(0);
  host.process.kill("SIGWINCH");
  await host.ended;
  expect(host.process.exitCode).toBe(1);
  expect(linesOf(host.log(), "The host crashed")).toMatchObject([
    {
      level: "error",
      incident: expect.stringMatching(/^[0-9a-f]{8}$/),
      error: expect.stringMatching(/^Error: a planted exception\n +at /),
    },
  ]);
  await until("the plugins to end", () => !pids.some(isAlive));
  const next = await startHost({ folder: host.folder });
  expect((await next.builds.getBuild({ id })).build?.attempt).toBe(2);
  await next.builds.cancelBuild({ id });
  expect((await watchToEnd(next, id)).finished.state).toBe(BuildState.CANCELED);
});
