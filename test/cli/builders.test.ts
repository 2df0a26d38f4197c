import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { Terminal } from "../../src/cli/progress/terminal.js";
import { cli, startHost, type TestHost } from "../host/host.js";
import { lab, must, tempDir } from "../lab/index.js";
import { type Slipway, slipwayOf, userEnvironment } from "./slipway.js";

const nowhere = "tcp://127.0.0.1:1";
let host: TestHost;
let slipway: Slipway;
/** The user's docker configuration. */
let config: string;
beforeEach(async () => {
  config = await tempDir();
  host = await startHost();
  const plain = slipwayOf(host);
  slipway = (args, options) => plain(args, { ...options, env: { DOCKER_CONFIG: config, ...options?.env } });
});

const address = () => lab().buildkitd.address;
const names = async () => (await slipway(["ls", "--format", "{{.Name}}"])).stdout.trimEnd().split("\n");
const current = async (env: Record<string, string> = {}) =>
  /^Name: +(\S+)/.exec((await slipway(["inspect"], { env })).stdout)?.[1];

test("prints the builder's name after create, append, change and leave", async () => {
  const steps: [args: string[], stderr: RegExp][] = [
    [
      ["create", "--name", "far", "--driver", "remote", "--platform", "linux/amd64,linux/arm64", address()],
      /^$/,
    ],
    [["create", "--name", "far", "--append", "--platform", "linux/arm64", nowhere], /^$/],
    [["create", "--name", "far", "--node", "far1", "--driver-opt", "default-load=true"], /^$/],
    [
      [
        "create",
        "--name",
        "far",
        "--append",
        "--node",
        "mine",
        "--platform",
        "linux/arm/v7",
        "tcp://127.0.0.1:2",
      ],
      /^$/,
    ],
    [["create", "--name", "far", "--leave", "--node", "mine"], /^$/],
    [["create", "--builder", "far", "--append", "--driver", "remote", "tcp://127.0.0.1:3"], /^$/],
  ];
  for (const [args, stderr] of steps) {
    const done = await slipway(args);
    expect([args, done.code, done.stdout]).toEqual([args, 0, "far\n"]);
    expect(done.stderr).toMatch(stderr);
  }
  const { stdout } = await slipway(["inspect", "far"]);
  expect(stdout).toMatch(/^Name: +far0\nEndpoint: +unix:.*\n(.*\n)*Platforms: +linux\/amd64\*, /m);
  expect(stdout).toMatch(/^Name: +far1\nEndpoint: .*:1\nDriver Options: +default-load="true"\n/m);
  expect(stdout).toMatch(/^Name: +far2\nEndpoint: +tcp:\/\/127\.0\.0\.1:3$/m);
  expect(stdout).not.toContain("mine");
});

test("create --append does not create a builder", async () => {
  await slipway(["create", "--name", "known", "--driver", "remote", "tcp://127.0.0.1:1"]);
  const { code, stdout, stderr } = await slipway([
    "create",
    "--append",
    "--name",
    "knwon",
    "tcp://127.0.0.1:2",
  ]);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toContain('No builder "knwon" found.');
  expect(stderr).toContain("known");
  expect((await slipway(["ls"])).stdout).not.toContain("knwon");
});

test("history ls of a builder that does not run is an empty list", async () => {
  await slipway(["create", "--name", "idle", "--driver", "docker-container"]);
  const { code, stdout, stderr } = await slipway(["--builder", "idle", "history", "ls"]);
  expect([code, stdout.trim().split("\n").length]).toEqual([0, 1]);
  expect(stderr).toContain("WARNING: Node idle0 of builder idle does not run.");
});

test("an unknown option after a comma shows the quoted form", async () => {
  const option = ["--driver-opt", "env.A=a=b,c=d"];
  const { code, stderr } = await slipway(["create", "--driver", "docker-container", ...option]);
  expect(code).toBe(1);
  expect(stderr).toContain(`--driver-opt '"env.A=a=b,c=d"'`);
});

test("update changes what its flags name, and keeps the rest", async () => {
  const create = ["create", "--name", "far", "--driver", "remote", "--driver-opt"];
  await slipway([
    ...create,
    "default-load=true,servername=far.example",
    "--platform",
    "linux/arm64",
    nowhere,
  ]);
  const flags = ["--driver-opt", "default-load-", "--platform", "", "--endpoint", "tcp://127.0.0.1:2"];
  const updated = await slipway(["update", "far", ...flags]);
  expect([updated.code, updated.stdout, updated.stderr]).toEqual([0, "far\n", ""]);
  const { stdout } = await slipway(["inspect", "far"]);
  expect(stdout).toMatch(
    /^Name: +far0\nEndpoint: +tcp:\/\/127\.0\.0\.1:2\nDriver Options: +default-load="false" servername="far\.example"$/m,
  );
  expect(stdout).not.toMatch(/^Platforms:/m);

  const nothing = await slipway(["update", "far"]);
  expect(nothing.code).not.toBe(0);
  expect(nothing.stderr).toContain("Say what to change with --driver-opt, --platform, --endpoint,");
  const wrong = await slipway(["update", "far", "--driver-opt", "colour-,default-load=perhaps"]);
  expect(wrong.stderr).toContain('"options.colour" is nothing of a node that can be changed.');
  await slipway(["create", "--name", "far", "--append", nowhere]);
  const several = await slipway(["update", "--builder", "far", "--platform", ""]);
  expect(several.stderr).toContain("Builder far has several nodes: far0, far1.");
  const named = await slipway([
    "update",
    "--builder",
    "far",
    "--node",
    "far1",
    "--buildkitd-flags",
    "--debug",
  ]);
  expect(named.stderr).toContain("--buildkitd-flags");
});

test("lists all problems, a line for each, and stores nothing", async () => {
  const wrong = [
    "--driver-opt",
    "nope=1,default-load=perhaps",
    "--buildkitd-flags",
    "--debug",
    "--platform",
    "x/y",
  ];
  const { code, stdout, stderr } = await slipway([
    "create",
    "--name",
    "far",
    "--driver",
    "remote",
    ...wrong,
    nowhere,
  ]);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr.split("\n").slice(0, 5)).toEqual([
    "ERROR: 4 things are wrong:",
    expect.stringMatching(
      /^ {2}--buildkitd-flags: setting buildkit flags is not supported for remote driver/i,
    ),
    expect.stringMatching(/^ {2}--driver-opt nope: the driver remote has no option "nope"/i),
    expect.stringMatching(/^ {2}--driver-opt default-load: the value "perhaps" /i),
    expect.stringMatching(/^ {2}--platform: "x\/y" /),
  ]);
  const refused: [args: string[], message: string][] = [
    [["--driver-opt", "nope"], 'invalid value "nope", expecting k=v'],
    [["--driver-opt", 'a"b=c'], "--driver-opt"],
    [["--buildkitd-flags", "--x 'y"], "unclosed quote"],
    [["--timeout", "soon"], "is not a duration"],
    [["--leave", "--node", "far0"], "leave requires the name of a builder"],
    [["--leave", "--name", "far"], "leave requires the name of a node"],
    [["--leave", "--append", "--name", "far"], "cannot be used together"],
    [["--name", "9lives"], 'Invalid builder name "9lives"'],
  ];
  for (const [args, message] of refused) {
    const failed = await slipway(["create", "--driver", "remote", ...args, nowhere]);
    expect([args, failed.code, failed.stdout]).toEqual([args, 1, ""]);
    expect(failed.stderr).toContain(message);
  }
  expect(await names()).toEqual(["default", "default"]);
});

test("lets one of two concurrent creates with the same name succeed", async () => {
  const create = () => slipway(["create", "--name", "far", "--driver", "remote", address()]);
  const both = await Promise.all([create(), create()]);
  expect(both.map(({ code }) => code).sort()).toEqual([0, 1]);
  expect(both.find(({ code }) => code === 1)?.stderr).toMatch(/^ERROR: Existing instance for "far"/);
});

test("applies --bootstrap and --use only if the node boots", async () => {
  const flags = ["--driver", "remote", "--bootstrap", "--use"];
  const failed = await slipway([
    "create",
    "--name",
    "bad",
    ...flags,
    "--driver-opt",
    "cacert=/nope.pem",
    nowhere,
  ]);
  expect([failed.code, failed.stdout]).toEqual([1, ""]);
  expect(failed.stderr).toMatch(
    /\[internal\] booting buildkit[\s\S]*ERROR: Cannot boot builder bad, so it was not created/,
  );
  expect([await names(), await current()]).toEqual([["default", "default"], "default"]);
  const made = await slipway(["create", "--name", "good", ...flags, address()]);
  expect([made.code, made.stdout]).toEqual([0, "good\n"]);
  expect(await current()).toBe("good");
});

test("selects the builder by use, --builder and BUILDX_BUILDER", async () => {
  for (const name of ["one", "two"])
    await slipway(["create", "--name", name, "--driver", "remote", address()]);
  const elsewhere = { DOCKER_HOST: lab().engine20.host };
  const both = async () => [await current(), await current(elsewhere)];
  await slipway(["use", "one"]);
  expect(await both()).toEqual(["one", "default"]);
  await slipway(["use", "--global", "two"], { env: elsewhere });
  expect(await both()).toEqual(["one", "two"]);
  await slipway(["use", "--default", "default"]);
  expect(await both()).toEqual(["default", "two"]);
  expect(await current({ BUILDX_BUILDER: "one" })).toBe("one");
  const chosen = await slipway(["--builder", "two", "inspect"], { env: { BUILDX_BUILDER: "one" } });
  expect(chosen.stdout).toMatch(/^Name: +two\n/);
  expect((await slipway(["use", "nope"])).stderr).toContain('No builder "nope" found.');
});

test("prints the same as buildx for inspect and ls", async () => {
  const flags = [
    "--name",
    "same",
    "--driver",
    "remote",
    "--platform",
    "linux/amd64",
    "--driver-opt",
    "default-load=true",
  ];
  const buildx = (args: string[]) =>
    must(lab().buildx, args, {
      env: { PATH: process.env.PATH, DOCKER_HOST: lab().engine29.host, DOCKER_CONFIG: config },
    });
  await buildx(["create", ...flags, address()]);
  // The same builder, first in buildx's store and then in ours.
  const theirs = await buildx(["inspect", "same"]);
  const listed = await buildx([
    "ls",
    "--format",
    "table {{.Name}}\\t{{.Status}}\\t{{.Buildkit}}\\t{{.Platforms}}",
  ]);
  await slipway(["create", ...flags, address()]);
  const ours = await slipway(["inspect", "same"]);
  const shape = (text: string) =>
    text.replace(/^Last Activity:.*\n/m, "").replace(/^(Name|Driver): +(same|remote)$/gm, "$1: $2");
  expect(shape(ours.stdout)).toBe(shape(theirs.stdout));
  const list = await slipway([
    "ls",
    "--format",
    "table {{.Name}}\\t{{.Status}}\\t{{.Buildkit}}\\t{{.Platforms}}",
  ]);
  expect(list.stdout).toBe(listed.stdout);
});

test("rm removes builders concurrently, and reports each failure", async () => {
  for (const name of ["one", "two", "three"])
    await slipway(["create", "--name", name, "--driver", "remote", address()]);
  const { code, stdout, stderr } = await slipway(["rm", "one", "nope", "two", "default"]);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr.match(/^\w+ removed$/gm)?.sort()).toEqual(["one removed", "two removed"]);
  expect(stderr).toMatch(/^ERROR: No builder "nope" found\.\n/m);
  expect(stderr).toMatch(/^ERROR: The builder "default" is offered by the driver docker/m);
  expect((await slipway(["rm", "--all-inactive", "three"])).stderr).toContain("cannot specify builder name");
  await slipway(["create", "--name", "idle", "--driver", "remote", nowhere]);
  expect((await slipway(["rm", "--all-inactive", "--force"])).stderr).toBe("idle removed\n");
  expect(await names()).toEqual(["three", "three0", "default", "default"]);
});

test("stores and shows a configuration and flags for buildkitd", async () => {
  const file = join(config, "my.toml");
  await writeFile(file, "debug = true\n");
  const flags = ["--config", file, "--buildkitd-flags", "--debug '--oci-worker-snapshotter=native'"];
  const made = await slipway(["create", "--name", "boxed", "--driver", "docker-container", ...flags]);
  expect([made.code, made.stdout]).toEqual([0, "boxed\n"]);
  const { stdout } = await slipway(["inspect", "boxed"]);
  expect(stdout).toMatch(/^BuildKit daemon flags: +--debug --oci-worker-snapshotter=native( |$)/m);
  expect(stdout).toContain("File#buildkitd.toml:\n > debug = true\n");
  expect(stdout).toMatch(/^Status: +inactive$/m);
});

test("refuses space limits for a BuildKit without support", async () => {
  const env = { DOCKER_HOST: lab().engine20.host };
  const { code, stdout, stderr } = await slipway(["prune", "--force", "--max-used-space", "100gb"], { env });
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(
    /^ERROR: Node default has BuildKit .*, which cannot limit the disk space of the cache\.\nHINT: /,
  );
  const filter = ["--filter", "id=there-is-no-such-record"];
  const modern = await slipway(["prune", "--force", "--max-used-space", "100gb", ...filter]);
  expect([modern.code, modern.stdout]).toEqual([0, "Total:\t0B\n"]);
});

/** Address of a server that accepts connections and never answers. */
async function silentAddress(): Promise<string> {
  const accepted: Socket[] = [];
  const server = createServer((socket) => void accepted.push(socket.on("error", () => {}))).listen(
    0,
    "127.0.0.1",
  );
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of accepted) socket.destroy();
    server.close();
  });
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("ls on a terminal shows known states while it waits for a node", async () => {
  await slipway(["create", "--name", "slow", "--driver", "remote", await silentAddress()]);
  await slipway(["create", "--name", "quick", "--driver", "remote", address()]);
  const log = join(await tempDir(), "typescript");
  const env = {
    ...userEnvironment(host, "engine29"),
    DOCKER_CONFIG: config,
    TERM: "xterm",
    SHELL: "/bin/sh",
  };
  const command = `stty rows 24 cols 200; "${process.execPath}" "${cli}" ls --timeout 15s`;
  await must("script", ["-qec", command, log], { env, timeout: 180_000 });
  const written = await readFile(log, "utf8");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the control sequence that replaces a version
  const versions = written.split(/(?=\x1b\[\d+A\x1b\[J)/);
  const at = (count: number) => {
    const terminal = new Terminal(24);
    terminal.write(versions.slice(0, count).join(""));
    const stateOf = (node: string) =>
      terminal.lines.find((line) => line.includes(`\\_ ${node} `))?.match(/\\_ \S+ +\\_ \S+ +(\S+)/)?.[1];
    return [stateOf("slow0"), stateOf("quick0"), stateOf("default")];
  };
  expect(at(-1)).toEqual(["...", "running", "running"]);
  expect(at(Number.POSITIVE_INFINITY)).toEqual([expect.not.stringMatching(/^\.\.\./), "running", "running"]);
  expect(written).toContain("Failed to get status for slow (slow0)");
});
