import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { type Slipway, slipwayOf } from "../cli/slipway.js";
import { contextOf } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { freePort, lab, must, tempDir } from "../lab/index.js";
import { createRemote, failure } from "./harness.js";

let host: TestHost;
let slipway: Slipway;
/** The user's Docker configuration folder. */
let config: string;
beforeEach(async () => {
  host = await startHost();
  config = await tempDir();
  const plain = slipwayOf(host);
  slipway = (args, options) => plain(args, { ...options, env: { DOCKER_CONFIG: config, ...options?.env } });
});

const buildx = (args: string[], env: Record<string, string> = {}) =>
  must(lab().buildx, args, {
    env: { PATH: process.env.PATH, DOCKER_HOST: lab().engine29.host, DOCKER_CONFIG: config, ...env },
  });
const address = () => lab().buildkitd.address;
const instance = (name: string) => join(config, "buildx/instances", name);

it("lists a builder that buildx created, inspects it and builds with it", async () => {
  await buildx([
    "create",
    "--name",
    "theirs",
    "--driver",
    "remote",
    "--driver-opt",
    "default-load=false",
    address(),
  ]);
  await buildx(["create", "--name", "theirs", "--append", "--platform", "linux/arm64", "tcp://127.0.0.1:1"]);
  const { stdout } = await slipway(["ls", "--format", "json"]);
  const [first] = stdout.split("\n").map((line) => line && JSON.parse(line));
  expect(first).toMatchObject({
    Name: "theirs",
    Driver: "remote",
    Origin: instance("theirs"),
    Nodes: [
      { Name: "theirs0", Status: "running" },
      { Name: "theirs1", Platforms: ["linux/arm64"], Status: "unreachable" },
    ],
  });
  expect((await slipway(["inspect", "theirs"])).stdout).toContain(`Origin: `);
  const context = await contextOf({ Dockerfile: `FROM ${lab().registry.baseImage}\nRUN echo from theirs\n` });
  const platform = ["--platform", "linux/amd64"];
  await buildx(["create", "--name", "single", "--driver", "remote", address()]);
  const built = await slipway(["build", "--builder", "single", "--progress", "plain", ...platform, context]);
  expect([built.code, built.stderr]).toEqual([0, expect.stringContaining("from theirs")]);
  expect((await slipway(["du", "--builder", "single"])).code).toBe(0);
  expect((await slipway(["ls", "--format", "json"])).stdout).toMatch(
    /"LastActivity":"2\d{3}-.*"Name":"single"/,
  );
  expect((await slipway(["use", "single"])).code).toBe(0);
  expect((await slipway(["inspect"])).stdout).toMatch(/^Name: +single\n/);
  await buildx(["rm", "single"]);
  expect((await slipway(["inspect"])).stderr).toMatch(/"single", which is the default, no longer exists/);
});

it("refuses changes of a builder that buildx stores", async () => {
  await buildx(["create", "--name", "theirs", "--driver", "remote", address()]);
  const attempts = [
    ["rm", "theirs"],
    ["rm", "--force", "theirs"],
    ["create", "--name", "theirs", "--append", "tcp://127.0.0.1:1"],
    ["create", "--name", "theirs", "--leave", "--node", "theirs0"],
  ];
  for (const args of attempts) {
    const { code, stderr } = await slipway(args);
    expect([args, code, stderr]).toEqual([
      args,
      1,
      `ERROR: The builder "theirs" is an instance of buildx, stored in ${instance("theirs")}; it cannot be changed or removed here.\n` +
        "HINT: Use docker buildx instead: docker buildx rm theirs.\n",
    ]);
  }
  expect((await buildx(["ls", "--format", "{{.Name}}"])).stdout).toContain("theirs0");
  expect((await slipway(["rm", "--all-inactive", "--force"])).stderr).not.toContain("removed");
});

it("is hidden by a builder of this host with the same name, and reports that", async () => {
  await buildx(["create", "--name", "same", "--driver", "remote", "tcp://127.0.0.1:1"]);
  await createRemote(host, "same");
  const { stdout, stderr } = await slipway(["ls"]);
  expect(stdout.match(/^same/gm)).toHaveLength(1);
  expect(stdout).toContain(address());
  expect(stderr).toContain(`The buildx instance ${instance("same")} is hidden by the builder with this name`);
  await slipway(["rm", "same"]);
  expect((await slipway(["inspect", "same"])).stdout).toContain("tcp://127.0.0.1:1");
});

it("skips unusable files, and reports each of them", async () => {
  await buildx(["create", "--name", "good", "--driver", "remote", address()]);
  await writeFile(instance("torn"), '{"Name":"torn","Dri');
  const node = { Name: "x0", Endpoint: "acme://x" };
  await writeFile(instance("cloudy"), JSON.stringify({ Name: "cloudy", Driver: "cloud", Nodes: [node] }));
  await writeFile(instance("wrong"), JSON.stringify({ Name: "wrong", Driver: "remote", Nodes: [node] }));
  await mkdir(instance("folder"));
  const { stdout, stderr, code } = await slipway(["ls"]);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^good +remote/m)]);
  for (const [name, why] of [
    ["torn", "JSON"],
    ["cloudy", "cloud"],
    ["wrong", "acme"],
    ["folder", "directory"],
  ])
    expect(stderr).toMatch(new RegExp(`The buildx instance ${instance(name!)} cannot be used: .*${why}`));
  expect((await slipway(["inspect", "cloudy"])).stderr).toMatch(
    /^ERROR: The buildx instance \S+cloudy cannot be used/,
  );
  expect((await slipway(["inspect", "torn"])).stderr).toMatch(
    /^ERROR: The buildx instance \S+torn cannot be used/,
  );
});

it("is found by BUILDX_CONFIG first, and not shown to users on another machine", async () => {
  const other = await tempDir();
  await buildx(["create", "--name", "theirs", "--driver", "remote", address()], { BUILDX_CONFIG: other });
  const listed = async (environment: Record<string, string>) =>
    (await host.builders.listBuilders({ environment })).builders.map(({ name }) => name);
  expect(await listed({ DOCKER_CONFIG: config })).not.toContain("theirs");
  expect(await listed({ DOCKER_CONFIG: config, BUILDX_CONFIG: other })).toContain("theirs");
  expect(await listed({ BUILDX_CONFIG: "relative" })).not.toContain("theirs");

  const token = join(await tempDir(), "token");
  await writeFile(token, "secret-token-of-this-test\n", { mode: 0o600 });
  const port = await freePort();
  await startHost({ args: ["--tcp", `127.0.0.1:${port}`, "--token-file", token] });
  const env = { SLIPWAY_HOST: `http://127.0.0.1:${port}`, SLIPWAY_TOKEN_FILE: token, BUILDX_CONFIG: other };
  const remote = await slipway(["ls"], { env });
  expect([remote.code, remote.stdout]).toEqual([0, expect.not.stringContaining("theirs")]);
});

it("lets buildx use a builder of this host through the same endpoint", async () => {
  await createRemote(host, "ours");
  const { stdout } = await slipway(["ls", "--format", "{{.Name}} {{.DriverEndpoint}}"]);
  const endpoint = /^ours0 (\S+)$/m.exec(stdout)![1]!;
  await buildx(["create", "--name", "ours", "--driver", "remote", endpoint]);
  expect((await buildx(["inspect", "ours"])).stdout).toMatch(/^Status: +running$/m);
  expect(await failure(createRemote(host, "ours"))).toMatchObject({ reason: "BUILDER_EXISTS" });
});
