import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { Report } from "../../src/conformance/index.js";
import { cli } from "../host/host.js";
import { run, tempDir } from "../lab/index.js";
import { buildSampleClients, sampleCommand } from "./sample-clients.js";

buildSampleClients();

let folder: string;
beforeEach(async () => {
  folder = await tempDir();
});

const conformance = (...args: string[]) =>
  run(process.execPath, [cli, "conformance", "client", ...args], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: "1" },
  });

test("checks a client, and reports as text, JSON and JUnit XML", async () => {
  const only = ["--only", "CLI-NEGOTIATE", "--only", "CLI-REQUEST-ID"];
  const text = await conformance(...only, "--junit", "report.xml", "--", ...sampleCommand("cli-request-id"));
  expect(text).toMatchObject({ code: 1, stderr: "" });
  expect(text.stdout).toMatch(
    /^✓ CLI-NEGOTIATE .*\n✗ CLI-REQUEST-ID .*\n {4}The request_id of StartBuild is "1"/,
  );
  expect(text.stdout).toMatch(/ {4}See docs\/api\.md#repeated-requests\n/);
  expect(text.stdout).toMatch(/\nsample 1\.0\.0: 1 passed, 1 failed, 0 warned, 0 skipped, 0 not run\n$/);
  const junit = await readFile(join(folder, "report.xml"), "utf8");
  expect(junit).toContain('name="sample 1.0.0" tests="2" failures="1" skipped="0"');

  const json = await conformance(...only, "--json", "--", ...sampleCommand("conforming"));
  expect(json.code).toBe(0);
  expect(JSON.parse(json.stdout) as Report).toMatchObject({
    subject: "sample 1.0.0",
    results: [{ id: "CLI-NEGOTIATE", outcome: "passed" }, { id: "CLI-REQUEST-ID" }],
  });
});

test.each([
  [["sh", "-c", "echo starting >&2; exit 3"], "The client exited with code 3."],
  [["./nothing"], "The client could not be run: spawn ./nothing ENOENT."],
  [["echo", "hello"], "What the client printed breaks the kit's contract: a line is not JSON: hello."],
  [["echo", '{"unsupported": "It lists only."}'], "It lists only."],
])("runs no check of %j, which cannot build", async (command, reason) => {
  const answer = await conformance("--only", "CLI-PAGES", "--", ...command);
  expect(answer.code).toBe(1);
  expect(answer.stdout).toMatch(/^· CLI-PAGES /);
  expect(answer.stdout).toContain(`1 checks (·) were not run. ${reason}\n`);
  expect(answer.stdout).toMatch(/\nNot started: 0 passed, .* 1 not run\n$/);
});

test("a function that the client does not have is skipped", async () => {
  const script = `task=$(cat); case "$task" in
    *list-builders*) echo '{"unsupported": "No lists."}';;
    *) echo "$task" | "$0" "$1";;
  esac`;
  const command = ["sh", "-c", script, ...sampleCommand("conforming")];
  const answer = await conformance("--only", "CLI-PAGES", "--", ...command);
  expect(answer).toMatchObject({ code: 0, stderr: "" });
  expect(answer.stdout).toMatch(/^– CLI-PAGES .*\n {4}Skipped\. No lists\.\n/);
});

test("exits with 2 when the command line is wrong", async () => {
  const wrong: [string[], RegExp][] = [
    [[], /There is no client to check\.\nHINT: Name its command/],
    [["--only", "CLI-NOTHING", "--", "true"], /There is no check CLI-NOTHING\./],
    [["--config", "node.json", "--", "true"], /unknown option '--config/],
  ];
  for (const [args, message] of wrong) {
    const answer = await conformance(...args);
    expect(answer, args.join(" ")).toMatchObject({ code: 2, stdout: "" });
    expect(answer.stderr).toMatch(message);
  }
});

test("lists its checks", async () => {
  const text = await conformance("--list");
  expect(text).toMatchObject({ code: 0, stderr: "" });
  expect(text.stdout).toMatch(/^CLI-UPLOAD-IGNORE +SHOULD +all +What \.dockerignore excludes/m);
  const { stdout } = await conformance("--list", "--json");
  expect(JSON.parse(stdout)).toContainEqual({
    id: "CLI-PAGES",
    title: expect.any(String),
    rule: "docs/api.md#lists",
    level: "MUST",
    when: "",
  });
});
