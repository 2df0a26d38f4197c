import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cli, startHost } from "../host/host.js";
import { must, pidsOf, run, tempDir } from "../lab/index.js";
import { programPath } from "../lab/path.js";
import { userEnvironment } from "./slipway.js";

type Environment = Record<string, string>;

const slipway = (args: string[], env: Environment = {}) =>
  run(process.execPath, [cli, ...args], { env: { PATH: process.env.PATH!, ...env }, timeout: 180_000 });

/** The words that can complete a command line, and the last line of the answer. */
async function candidatesFor(
  env: Environment,
  words: string[],
): Promise<{ words: string[]; directive: string }> {
  const { stdout } = await slipway(["__complete", ...words], env);
  const lines = stdout.trimEnd().split("\n");
  return { words: lines.slice(0, -1).map((line) => line.split("\t")[0]!), directive: lines.at(-1)! };
}

test("completes names that a running host knows", async () => {
  const host = await startHost();
  const env = userEnvironment(host, "engine20");
  // Whoever presses Tab does not wait long for a host, which on a machine with work may answer later.
  const expectWord = (word: string, ...words: string[]) =>
    expect.poll(() => candidatesFor(env, words)).toMatchObject({ words: expect.arrayContaining([word]) });
  await host.builders.createBuilder({
    name: "tab-farm",
    driver: "remote",
    node: { endpoint: "tcp://127.0.0.1:9" },
  });
  await expectWord("tab-farm", "inspect", "tab");
  await expectWord("tab-farm", "build", "--builder", "tab");
  await expectWord("--builder=tab-farm", "build", "--builder=tab");
  await expectWord("docker-container", "create", "--driver", "docker");
  await expectWord("image=", "create", "--driver", "docker-container", "--driver-opt", "im");
  await expectWord("kubernetes", "plugins", "restart", "");
  const definition = join(host.folder, "docker-bake.json");
  await writeFile(
    definition,
    JSON.stringify({ group: { every: { targets: ["web-app"] } }, target: { "web-app": {} } }),
  );
  await expectWord("web-app", "bake", "--file", definition, "web");
  await expectWord("every", "bake", "-f", definition, "--load", "e");
  const options = await candidatesFor(env, ["create", "--driver=remote", "--driver-opt", ""]);
  expect(options.words).not.toContain("image=");
});

test("completes commands, flags, fixed values and docker's contexts without a host, and starts none", async () => {
  const home = await tempDir();
  const context = join(home, ".docker/contexts/meta/0123");
  await mkdir(context, { recursive: true });
  await writeFile(join(context, "meta.json"), '{"Name":"far-engine","Metadata":{}}');
  const env = { HOME: home, XDG_RUNTIME_DIR: home };
  const complete = async (...words: string[]) => (await slipway(["__complete", ...words], env)).stdout;
  expect(await complete("inspe")).toBe("inspect\tshow a builder\n:4\n");
  expect(await complete("build", "--iid")).toBe("--iidfile\twrite the image id to a file\n:4\n");
  expect(await complete("build", "--builder", "x", "--progress", "r")).toBe("rawjson\n:4\n");
  expect(await complete("create", "far")).toBe("far-engine\tdocker context\n:4\n");
  expect(await complete("build", "-o", "type=docker,context=f")).toBe(
    "type=docker,context=far-engine\tdocker context\n:4\n",
  );
  expect(await complete("create", "--driver", "kub")).toMatch(/^kubernetes\t.*\n:4\n$/);
  expect(await complete("build", "-f", "")).toBe(":0\n");
  expect(await complete("inspect", "")).toBe(":4\n");
  expect(await complete("nothing", "like", "--this=")).toBe(":4\n");
  expect(await pidsOf("serve", home)).toEqual([]);
});

/** A folder with a program `slipway` that completes, and otherwise prints its arguments; and each shell's script. */
async function shellFolder() {
  const folder = await tempDir();
  const program = `#!/bin/sh\ncase "$1" in __complete) exec "${process.execPath}" "${cli}" "$@";; *) printf 'RAN'; printf '<%s>' "$@"; echo; esac\n`;
  await writeFile(join(folder, "slipway"), program, { mode: 0o755 });
  for (const shell of ["bash", "zsh", "fish"])
    await writeFile(join(folder, shell), (await must(process.execPath, [cli, "completion", shell])).stdout);
  const env = { PATH: `${folder}:${process.env.PATH}`, HOME: folder, TERM: "xterm", LC_ALL: "C.UTF-8" };
  return { folder, env };
}

const typed: [keys: string, ran: string][] = [
  ["slipway plug\t veri\t\n", "RAN<plugins><verify>"],
  ["slipway build --metad\t m.json .\n", "RAN<build><--metadata-file><m.json><.>"],
  ["slipway build --progress=rawj\t .\n", "RAN<build><--progress=rawjson><.>"],
  ["slipway build --progress rawj\t .\n", "RAN<build><--progress><rawjson><.>"],
  ["slipway build -f fi\t .\n", "RAN<build><-f><fish><.>"],
];

test.each([
  ["bash", ["--norc", "--noprofile", "-i"], "PS1='READY> '; source ./bash\n"],
  [
    "zsh",
    ["-f", "-i"],
    "PS1='READY> '; autoload -U compinit; compinit -u -d ./dump; setopt no_list_beep; source ./zsh\n",
  ],
])("completes what a person types in %s", async (shell, args, setUp) => {
  const { folder, env } = await shellFolder();
  const script = join(import.meta.dirname, "type-in-shell.py");
  // A shell may hold back what is typed before its prompt.
  const steps = [
    ["", setUp],
    ["READY> ", "echo; echo be''gin\n"],
    ["begin", ""],
  ];
  for (const [keys, ran] of typed) steps.push(["READY> ", keys], [ran, ""]);
  const result = await run(programPath("python3"), [script, shell, ...args], {
    cwd: folder,
    env,
    input: JSON.stringify(steps),
    timeout: 240_000,
  });
  expect(result).toMatchObject({ code: 0 });
});

test("completes what a person types in fish", async () => {
  const { folder, env } = await shellFolder();
  const lines = [
    ["slipway plug", "plugins\tlist, install and repair plugins"],
    ["slipway plugins veri", "verify\tCompares the files"],
    ["slipway build --progress=rawj", "--progress=rawjson"],
    ["slipway build -f fi", "fish"],
  ];
  for (const [line, found] of lines) {
    const args = ["--no-config", "-c", "source ./fish; complete -C $argv[1]", line!];
    const { stdout } = await run("fish", args, { cwd: folder, env, timeout: 60_000 });
    expect(stdout).toMatch(new RegExp(`^${found}`));
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
  }
});

test("names the shells that it knows", async () => {
  const refused = await slipway(["completion", "tcsh"]);
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toContain("HINT: Use bash, zsh, fish.");
});

test("alone, the program shows the first commands", async () => {
  const { stdout, code } = await slipway([]);
  expect(code).toBe(0);
  expect(stdout.match(/^ {2}slipway \w+/gm)).toEqual(["  slipway build", "  slipway ls", "  slipway doctor"]);
});
