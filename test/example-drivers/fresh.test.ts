import { randomUUID } from "node:crypto";
import { chmod, copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { contextOf, fromPath, mustBuild, watchToEnd } from "../host/build.js";
import { startHost } from "../host/host.js";
import { pidsOf, run, tempDir, until } from "../lab/index.js";
import { stateVariable } from "../lab/processes.js";
import { baseImage } from "../lab/recipes/base-image.js";
import { buildkit } from "../lab/recipes/buildkit.js";
import { runc } from "../lab/recipes/runc.js";
import { freshDriver } from "./examples.js";

let plugin: string;
beforeAll(async () => {
  plugin = await freshDriver();
}, 600_000);

/** Programs that hold a lease at a point: they make the file "reached", and wait for the file "go". */
const holding = (then: string) => `#!/bin/sh
: > "$TEST_FOLDER/reached"
while [ ! -e "$TEST_FOLDER/go" ]; do sleep 0.05; done
${then}
`;

/** A BuildKit that takes connections and never answers. */
const silent = `#!${process.execPath}
const { createServer } = require("node:net");
const { writeFileSync } = require("node:fs");
const address = process.argv[process.argv.indexOf("--addr") + 1].slice("unix://".length);
let connections = 0;
createServer((socket) => {
  // The first connection is the driver's own.
  if (++connections > 1) writeFileSync(process.env.TEST_FOLDER + "/reached", "");
  socket.on("error", () => {});
}).listen(address);
`;

type Point = "before the endpoint" | "while the host connects" | "in mid-build" | "during the release";
type Victim = "host" | "plugin" | "BuildKit";

/** A host with a builder whose leases can be held at a point. */
async function start(point?: Point) {
  const folder = await tempDir();
  const [bin, temporary] = [join(folder, "bin"), join(folder, "t")];
  for (const each of [bin, temporary]) await mkdir(each);
  const program = async (name: string, text: string) => {
    await writeFile(join(bin, name), text);
    await chmod(join(bin, name), 0o755);
    return join(bin, name);
  };
  const real = join(await buildkit(), "buildkitd");
  let buildkitd = real;
  if (point === "before the endpoint") buildkitd = await program("held", holding(`exec ${real} "$@"`));
  if (point === "while the host connects") buildkitd = await program("silent", silent);
  if (point === "during the release") await program("rm", holding('exec /bin/rm "$@"'));
  const env = {
    PATH: `${bin}:${process.env.PATH}`,
    TMPDIR: temporary,
    TEST_FOLDER: folder,
    [stateVariable]: folder,
  };
  const host = await startHost({ plugins: [plugin], env, folder: join(folder, "h") });
  const options = { buildkitd, runc: join(await runc(), "runc") };
  await host.builders.createBuilder({ name: "fresh", driver: "fresh", node: { options } });
  const reached = () => until("the point", async () => (await readdir(folder)).includes("reached"));
  const go = () => writeFile(join(folder, "go"), "");
  return { host, temporary, reached, go };
}

async function spec(mark: string, command = "cat /proc/self/mounts") {
  const Dockerfile = `FROM scratch\nADD layer.tar /\nRUN ${command}; : ${mark}\n`;
  const context = await contextOf({ Dockerfile });
  await copyFile(join(await baseImage(), "layer.tar"), join(context, "layer.tar"));
  return { builder: "fresh", context: fromPath(context), outputs: [{ type: "cacheonly" }] };
}

/** The first processes of the PID namespaces of daemons that use a folder. */
async function daemonsOf(folder: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await pidsOf("--addr", folder)) {
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    if (/^NSpid:.*\s\d+\s+1$/m.test(status)) found.push(pid);
  }
  return found;
}

/** Paths of the control groups, as far as they do not end in the meantime. */
async function groups(): Promise<string[]> {
  return (await run("find", ["/sys/fs/cgroup", "-type", "d"])).stdout.split("\n");
}

/** Waits until nothing of any lease is left: no process, no folder, no socket, no control group. */
async function nothingLeft(temporary: string, mark: string): Promise<void> {
  const left = async () => [
    ...(await pidsOf(mark)),
    ...(await pidsOf(join(temporary, "slipway-fresh-"))),
    ...(await readdir(temporary)).filter((name) => name.startsWith("slipway-fresh-")),
    ...(await groups()).filter((name) => name.includes("slipway-fresh-")),
  ];
  await until("nothing of the lease is left", async () => (await left()).length === 0, { every: 200 });
}

test("each build has a BuildKit of its own, of which nothing is left", async () => {
  const { host, temporary } = await start();
  const mark = randomUUID();
  const first = await mustBuild(host, await spec(mark));
  expect(first.output).toContain(" / overlay");
  const again = await mustBuild(host, await spec(mark));
  const steps = again.events.flatMap(({ event }) => (event.case === "progress" ? event.value.vertexes : []));
  const runs = steps.filter(({ name }) => name.includes(mark));
  expect(runs.map(({ cached }) => cached)).toContain(false);
  expect(runs.map(({ cached }) => cached)).not.toContain(true);
  await nothingLeft(temporary, mark);
  const { builder } = await host.builders.getBuilder({ name: "fresh", inspect: true });
  expect(builder!.nodes[0]!.buildkitVersion).toMatch(/^v\d/);
  await nothingLeft(temporary, mark);
});

test("builds at the same time do not share anything", async () => {
  const { host, temporary } = await start();
  const mark = randomUUID();
  await Promise.all([1, 2, 3].map(async () => mustBuild(host, await spec(mark))));
  await nothingLeft(temporary, mark);
});

const points: Point[] = [
  "before the endpoint",
  "while the host connects",
  "in mid-build",
  "during the release",
];
const victims: Victim[] = ["host", "plugin", "BuildKit"];
/** BuildKit is dead before the rest of it is deleted. */
const isPossible = ([point, victim]: [Point, Victim]) =>
  point !== "during the release" || victim !== "BuildKit";
const cases = points.flatMap((point) => victims.map((victim): [Point, Victim] => [point, victim]));

test.each(cases.filter(isPossible))("%s, the death of the %s leaves nothing", async (point, victim) => {
  const { host, temporary, reached, go } = await start(point);
  const mark = randomUUID();
  const { build } = await host.builds.startBuild({
    spec: await spec(mark, "while true; do sleep 0.1; done"),
  });
  const runs = async () => (await pidsOf(mark)).length > 0;
  if (point === "in mid-build" || point === "during the release") await until("the step runs", runs);
  if (point === "during the release") await host.builds.cancelBuild({ id: build!.id });
  if (point !== "in mid-build") await reached();

  if (victim === "host") host.process.kill("SIGKILL");
  if (victim === "plugin") {
    const { plugins } = await host.plugins.listPlugins({});
    process.kill(plugins.find(({ name }) => name === "fresh")!.pid, "SIGKILL");
  }
  if (victim === "BuildKit") for (const pid of await daemonsOf(temporary)) process.kill(pid, "SIGKILL");
  await go();

  if (victim === "host") {
    await host.ended;
    const sockets = join(host.folder, "run/p");
    await until("the plugins have ended", async () => (await readdir(sockets)).length === 0);
  } else {
    const { finished } = await watchToEnd(host, build!.id);
    const [state, reason] =
      point === "during the release"
        ? [BuildState.CANCELED, "CANCELED"]
        : [BuildState.FAILED, victim === "plugin" ? "DRIVER_CRASHED" : "FRESH_BUILDKITD_ENDED"];
    expect(finished).toMatchObject({ state, error: { reason } });
  }
  await nothingLeft(temporary, mark);
});
