import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { DriverReport } from "../../src/conformance/index.js";
import { formatReattach } from "../../src/plugin-protocol/reattach.js";
import { cli } from "../host/host.js";
import { run, tempDir } from "../lab/index.js";

const plugin = join(import.meta.dirname, "../../plugins/remote");

let folder: string;
beforeEach(async () => {
  folder = await tempDir();
});

const conformance = (...args: string[]) =>
  run(process.execPath, [cli, "conformance", ...args], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: "1" },
  });

test("checks a plugin's folder, and reports as text, JSON and JUnit XML", async () => {
  const only = ["--only", "DRV-HANDSHAKE", "--only", "DRV-IMPLICIT", "--only", "DRV-ACQUIRE"];
  const text = await conformance(...only, "--junit", "report.xml", "--", plugin);
  expect(text).toMatchObject({ code: 0, stderr: "" });
  expect(text.stdout).toMatch(/^✓ DRV-HANDSHAKE .*\n– DRV-IMPLICIT .*\n {4}Skipped\. .*\n· DRV-ACQUIRE /);
  expect(text.stdout).toMatch(/, driver remote: 1 passed, 0 failed, 0 warned, 1 skipped, 1 not run\n$/);
  expect(await readFile(join(folder, "report.xml"), "utf8")).toContain('tests="3" failures="0" skipped="2"');

  const json = await conformance(...only, "--json", "--", plugin);
  const report = JSON.parse(json.stdout) as DriverReport;
  expect(report).toMatchObject({
    driver: "remote",
    results: [{ id: "DRV-HANDSHAKE", outcome: "passed" }, {}, {}],
  });
});

test("exits with 1 when a rule is violated or the plugin cannot be started", async () => {
  const wrong = await conformance("--only", "DRV-START-LINE", "--", "echo", "hello");
  expect(wrong.code).toBe(1);
  expect(wrong.stdout).toMatch(
    /✗ DRV-START-LINE .*\n {4}The first line on stdout was "hello": it is not a handshake line /,
  );
  expect(wrong.stdout).toContain("Not started: 0 passed, 1 failed");
  const missing = await conformance("--only", "DRV-HANDSHAKE", "--", "./nothing");
  expect(missing).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/could not be run: spawn .*ENOENT/),
  });
  const other = await conformance("--driver", "docker", "--only", "DRV-HANDSHAKE", "--", plugin);
  expect(other).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/The plugin has no driver docker, only remote\./),
  });
});

test("an error that the kit does not handle fails the check, and the kit goes on", async () => {
  // From its second start on, the plugin causes an error in the kit by a signal.
  const hook = join(folder, "errors.mjs");
  await writeFile(
    hook,
    `process.on("SIGUSR2", () => void Promise.reject(new Error("it is rejected")));
     process.on("SIGHUP", () => { throw new Error("it is thrown"); });`,
  );
  const main = join(plugin, "dist/main.js");
  for (const [signal, error] of Object.entries({ USR2: "it is rejected", HUP: "it is thrown" })) {
    const script = `if [ -e ${signal} ]; then kill -${signal} $PPID; read line; fi; : > ${signal}; exec ${process.execPath} ${main}`;
    const only = ["--only", "DRV-START-LINE", "--only", "DRV-HANDSHAKE"];
    const answer = await run(process.execPath, [cli, "conformance", ...only, "--", "sh", "-c", script], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: "1", NODE_OPTIONS: `--import=${hook}` },
    });
    expect(answer).toMatchObject({ code: 1, stderr: "" });
    expect(answer.stdout).toMatch(
      new RegExp(
        `✗ DRV-START-LINE .*\n {4}The program caused an error .*: ${error}\\..*\n.*\n✓ DRV-HANDSHAKE`,
      ),
    );
  }
});

test("shows what the plugin logged during a failed check", async () => {
  const script = "echo reading acme.toml >&2; echo hello";
  const answer = await conformance("--only", "DRV-START-LINE", "--", "sh", "-c", script);
  expect(answer.stdout).toMatch(/\n {4}Its last lines on stderr:\n {6}reading acme\.toml\n {4}See docs/);
});

test("skips a check that cannot apply to the driver, with or without a configuration", async () => {
  const { stdout } = await conformance("--only", "DRV-STORE-LOAD", "--", plugin);
  expect(stdout).toMatch(/^– DRV-STORE-LOAD .*\n {4}Skipped\. The driver does not advertise image-store\./);
});

test("exits with 2 on an invalid command line, before any check", async () => {
  await writeFile(join(folder, "node.json"), '{"endpoint": "unix:///b.sock"}');
  const wrong: [string[], RegExp][] = [
    [["--config", "node.json", "--", plugin], /node.json cannot be used: the field "endpoint" is unknown/],
    [
      ["--only", "DRV-NOTHING", "--", plugin],
      /There is no check DRV-NOTHING\.\nHINT: .*slipway conformance --list/,
    ],
    [["--junit", "node.json/report.xml", "--", plugin], /cannot be written to node.json\/report.xml: \w+/],
    [["--fast", "--", plugin], /unknown option '--fast'/],
    [
      ["--attach", "{}", "--", plugin],
      /--attach and a command cannot be used together\.?\nHINT: Give one of both/,
    ],
    [["--attach", "{}"], /The reattach information cannot be used: Addr must be an object/],
    [[], /There is no plugin to check.\nHINT: Name its command/],
  ];
  for (const [args, message] of wrong) {
    const answer = await conformance(...args);
    expect(answer, args.join(" ")).toMatchObject({ code: 2, stdout: "" });
    expect(answer.stderr).toMatch(message);
  }
});

test("exits with 1 when the plugin cannot be started, for any check", async () => {
  const answer = await conformance("--only", "DRV-TUNNEL", "--", "echo", "hello");
  expect(answer).toMatchObject({ code: 1, stdout: expect.stringMatching(/^· DRV-TUNNEL/) });
});

test("a plugin that cannot be attached is reported, and nothing is run", async () => {
  const address = join(folder, "none");
  const line = formatReattach({ protocol: "grpc", protocolVersion: 2, pid: 1, network: "unix", address });
  const answer = await conformance("--attach", line, "--only", "DRV-HANDSHAKE", "--only", "DRV-START-LINE");
  expect(answer.code).toBe(1);
  expect(answer.stdout).toMatch(/^· DRV-START-LINE .*\n· DRV-HANDSHAKE /);
  expect(answer.stdout).toMatch(/were not run\. .*The plugin cannot be attached: .*ENOENT/);
});

test("lists its checks", async () => {
  const text = await conformance("--list");
  expect(text).toMatchObject({ code: 0, stderr: "" });
  expect(text.stdout).toMatch(/^DRV-START-COOKIE +MUST +all +Started without a host, /);
  expect(text.stdout).toMatch(/^DRV-TUNNEL +MUST +tunnel +backend +Tunnel carries /m);
  expect(text.stdout).toMatch(/^DRV-END-SIGINT +SHOULD +all +The plugin ignores SIGINT/m);
  const { stdout } = await conformance("--list", "--json");
  expect(JSON.parse(stdout)).toContainEqual({
    id: "DRV-VALIDATE-NORMAL",
    title: expect.any(String),
    rule: "docs/driver-protocol.md#the-calls",
    level: "MUST",
    when: "",
    needs: "config",
  });
});
