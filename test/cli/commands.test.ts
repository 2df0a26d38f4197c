import { randomUUID } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { contextOf } from "../host/build.js";
import { fixturePlugins, startHost, type TestHost } from "../host/host.js";
import { shutDown } from "../host/shut-down.js";
import { baseImageName, tempDir } from "../lab/index.js";
import { type Slipway, slipwayOf } from "./slipway.js";

let host: TestHost;
let slipway: Slipway;
beforeEach(async () => {
  host = await startHost();
  slipway = slipwayOf(host);
});

describe("builders", () => {
  test("ls prints builders and nodes in buildx's columns", async () => {
    const { stdout, code } = await slipway(["ls"]);
    const [header, builder, node] = stdout.split("\n");
    expect(header).toMatch(/^NAME\/NODE {5}DRIVER\/ENDPOINT +STATUS +BUILDKIT +PLATFORMS$/);
    expect(builder).toMatch(/^default\* +docker +$/);
    expect(node).toMatch(/^ \\_ default +\\_ \S+ +running .*linux\/amd64/);
    expect(code).toBe(0);
  });

  test("ls --format json prints a line for each builder", async () => {
    const { stdout } = await slipway(["ls", "--format", "{{json .}}"]);
    const [builder] = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(builder).toMatchObject({
      Name: "default",
      Driver: "docker",
      Current: true,
      Nodes: [{ Status: "running" }],
    });
  });

  test("ls shows an unreachable engine with the reason", async () => {
    const { stdout, stderr } = await slipway(["ls"], { env: { DOCKER_HOST: "unix:///nope/docker.sock" } });
    expect(stdout).toMatch(/unreachable/);
    expect(stderr).toMatch(/Failed to get status for default \(default\): .*\/nope\/docker\.sock/);
  });

  test("inspect shows workers and garbage collection", async () => {
    const { stdout } = await slipway(["inspect", "--bootstrap"]);
    expect(stdout).toMatch(/^Name: +default\nDriver: +docker\n/);
    expect(stdout).toMatch(/\nStatus: +running\n/);
    expect(stdout).toMatch(/\nGC Policy rule#0:\n All: +false\n/);
    expect((await slipway(["inspect", "nope"])).stderr).toContain('No builder "nope" found.');
  });

  test("refuses to create or remove a builder of the docker driver", async () => {
    const created = await slipway(["create", "--driver", "docker", "--name", "mine"]);
    expect(created.code).toBe(1);
    expect(created.stderr).toMatch(/^ERROR: .*\n/);
    const removed = await slipway(["rm", "default"]);
    expect(removed.code).toBe(1);
    expect(removed.stderr).toMatch(/^ERROR: /);
  });
});

test("du lists a new record, and prune removes it", async () => {
  const id = randomUUID();
  const context = await contextOf({
    Dockerfile: `FROM ${baseImageName}\nRUN --mount=type=cache,id=${id},target=/c echo ${id} > /c/x\n`,
  });
  expect((await slipway(["build", "-q", context])).code).toBe(0);
  const mounts = ["--filter", "type=exec.cachemount"];
  const listed = (await slipway(["du", ...mounts, "--format", "json"])).stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const record = listed.find(({ Description }) => Description.includes(id));
  expect(record).toMatchObject({ Type: "exec.cachemount", Mutable: true, Reclaimable: true });
  expect((await slipway(["du"])).stdout).toMatch(
    /^ID +RECLAIMABLE +SIZE +LAST ACCESSED\n.*\nTotal: +\S+\n$/s,
  );

  const only = ["--filter", `id=${record.ID}`];
  const asked = await slipway(["prune", "--all", ...only], { input: "n\n" });
  expect(asked.stdout).toContain(
    "WARNING! This will remove all build cache. Are you sure you want to continue? [y/N]",
  );
  expect(asked.stdout).not.toContain("Total:");
  expect((await slipway(["prune", ...only])).stdout).not.toContain("Total:");
  const pruned = await slipway(["prune", "--force", "--all", ...only]);
  expect(pruned.stdout).toContain(record.ID);
  expect(pruned.stdout).toMatch(/Total:\t\S+\n$/);
  expect((await slipway(["du", "--verbose", ...only])).stdout).not.toContain(record.ID);
});

test("drivers prints the descriptions of plugins", async () => {
  expect((await slipway(["drivers"])).stdout).toMatch(/^NAME +PLUGIN +OPTIONS +TITLE\ndocker +docker +0 /);
  expect((await slipway(["drivers", "docker"])).stdout).toContain("Name:         docker\n");
  const unknown = await slipway(["drivers", "nope"]);
  expect(unknown.stderr).toContain('ERROR: failed to find driver "nope"\nHINT: Known drivers: docker');
});

test("plugins lists plugins and restarts one", async () => {
  const broken = slipwayOf(await startHost({ plugins: [fixturePlugins] }));
  const { stdout, code } = await broken(["plugins"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^NAME +VERSION +STATE +PID +RESTARTS +DRIVERS +PATH\n/);
  expect(stdout).toMatch(/^docker +\S+ +(idle|running) /m);
  const restarted = await broken(["plugins", "restart", "docker"]);
  expect(restarted.stdout).toMatch(/^docker +\S+ +running +\d+ /m);
  expect((await broken(["plugins", "restart", "nope"])).stderr).toMatch(/^ERROR: .*nope/);
});

test("builds are listed, replayed and cancelled", async () => {
  const context = await contextOf({ Dockerfile: `FROM ${baseImageName}\nRUN echo again\n` });
  await slipway(["build", "-q", "--no-cache", context]);
  const [build] = (await slipway(["builds", "ls", "--format", "json"])).stdout
    .trimEnd()
    .split("\n")
    .map((l) => JSON.parse(l));
  expect(build).toMatchObject({ State: "succeeded", Builder: "default" });
  expect((await slipway(["builds", "ls"])).stdout).toMatch(/^ID +NAME +BUILDER +STATE +CREATED +DURATION\n/);
  expect((await slipway(["builds", "logs", build.ID])).stderr).toMatch(/^#\d+ \d+\.\d+ again$/m);
  expect(JSON.parse((await slipway(["builds", "inspect", build.ID])).stdout)).toMatchObject({ ID: build.ID });
  expect((await slipway(["builds", "trace", build.ID])).stdout).toMatch(
    /^\[2\/2\] RUN .* +\d+\.\d{3}s +[█░]+$/m,
  );
  const file = join(await tempDir(), "timeline.svg");
  expect(await slipway(["builds", "trace", build.ID, "-o", file])).toMatchObject({ code: 0, stdout: "" });
  expect(await readFile(file, "utf8")).toMatch(/^<svg xmlns.*again.*<\/svg>\n$/s);
  const numbers = JSON.parse((await slipway(["builds", "trace", build.ID, "--format", "json"])).stdout);
  expect(numbers).toMatchObject({ ID: build.ID, State: "succeeded", DurationSeconds: expect.any(Number) });
  expect(numbers.Steps.map(({ Name }: { Name: string }) => Name)).toContain(
    "[internal] load build definition from Dockerfile",
  );
  expect((await slipway(["builds", "trace", build.ID, "--format", "xml"])).stderr).toContain(
    'Unknown format "xml"',
  );
  expect((await slipway(["builds", "cancel", build.ID])).stdout).toBe(`${build.ID}\n`);
  expect((await slipway(["builds", "logs", "nope"])).stderr).toMatch(/^ERROR: /);

  const failing = await contextOf({ Dockerfile: `FROM ${baseImageName}\nRUN exit 7\n` });
  await slipway(["build", failing]);
  const [failed] = (await slipway(["builds", "ls", "--format", "json"])).stdout
    .split("\n")
    .map((l) => l && JSON.parse(l));
  const logs = await slipway(["builds", "logs", failed.ID]);
  expect([logs.code, logs.stderr]).toEqual([1, expect.stringContaining("exit code: 7")]);
});

test("version and help work without a host", async () => {
  const env = { SLIPWAY_HOST: "unix:///nope.sock" };
  const { stdout } = await slipway(["version"], { env });
  expect(stdout).toMatch(/^slipway v\d+\.\d+\.\d+\n$/);
  for (const args of [["--version"], ["--debug", "--version"]])
    expect(await slipway(args, { env })).toMatchObject({ code: 0, stdout, stderr: "" });
  for (const args of [["--help"], ["help", "build"], ["ls", "--help"]]) {
    const { code, stdout } = await slipway(args, { env });
    expect([code, stdout]).toEqual([0, expect.stringContaining("Usage: slipway")]);
  }
  const unknown = await slipway(["buidl"], { env });
  expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining("unknown command 'buidl'")]);
});

test("reports an unreachable host with a remedy", async () => {
  const { code, stderr } = await slipway(["ls"], { env: { SLIPWAY_HOST: "http://127.0.0.1:1" } });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^ERROR: .*127\.0\.0\.1:1.*\nHINT: /);
});

/** Process id of the plugin `docker` of the host that an environment selects; starts both. */
async function dockerPlugin(env: Record<string, string>): Promise<number> {
  // A plugin starts when it is used, as by the list of builders.
  expect(await slipway(["ls"], { env })).toMatchObject({ code: 0 });
  const { code, stdout, stderr } = await slipway(["plugins", "--format", "json"], { env });
  expect([code, stderr]).toEqual([0, ""]);
  const plugins = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const { Pid } = plugins.find(({ Name }) => Name === "docker");
  expect(Pid).toBeGreaterThan(0);
  return Pid;
}

test("a command finds the running host under another XDG_RUNTIME_DIR", async () => {
  const folder = await tempDir();
  const socket = (run: string) => join(folder, run, "slipway/slipway.sock");
  const call = async (run: string) => {
    await mkdir(join(folder, run), { recursive: true, mode: 0o700 });
    return dockerPlugin({ SLIPWAY_HOST: "", HOME: folder, XDG_RUNTIME_DIR: join(folder, run) });
  };
  const pid = await call("login");
  expect(await call("cron")).toBe(pid);
  expect(await call("cron")).toBe(pid);
  await shutDown(socket("login"));
  // The link leads nowhere now; the next host replaces it.
  expect(await call("cron")).not.toBe(pid);
  await shutDown(socket("cron"));
});

test("starts a host if none is running, which other commands find and which ends on request", async () => {
  const folder = await tempDir();
  await mkdir(join(folder, "run"), { mode: 0o700 });
  const env = {
    SLIPWAY_HOST: "",
    HOME: folder,
    XDG_RUNTIME_DIR: join(folder, "run"),
    XDG_STATE_HOME: join(folder, "state"),
  };
  const pids = await Promise.all([1, 2, 3].map(() => dockerPlugin(env)));
  // One host has one process of the plugin.
  expect(new Set(pids).size).toBe(1);
  await shutDown(join(folder, "run/slipway/slipway.sock"));
});
