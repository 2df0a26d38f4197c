import { join } from "node:path";
import { expect, it } from "vitest";
import { contextOf } from "../host/build.js";
import { cli, startHost } from "../host/host.js";
import { baseImageName } from "../lab/index.js";
import { run } from "../lab/run.js";
import { slipwayOf, userEnvironment } from "./slipway.js";

const dockerfile = `FROM ${baseImageName}
WORKDIR /work
RUN echo left > kept; echo this is the step; exit 42
`;

it("debug build runs a process where the build fails, with stdin or a terminal, and then fails as build", async () => {
  const host = await startHost();
  const context = await contextOf({ Dockerfile: dockerfile });
  const slipway = slipwayOf(host);

  const invoke =
    'entrypoint=["sh"],args=-c,"args=read line; echo $line $A, $(cat kept), $(pwd) >&2; cat",env=A=1,cwd=/work';
  const piped = await slipway(["debug", "build", "--invoke", invoke, context], { input: "first\nrest" });
  const failed = await slipway(["build", context]);
  expect(piped).toMatchObject({ code: failed.code, stdout: "rest" });
  expect(piped.stderr).toMatch(
    /this is the step[\s\S]*exit code: 42[\s\S]*The build is held[\s\S]*first 1, left, \/work\n/,
  );
  // The end is that of a build that is not held.
  const endOf = (text: string) => text.slice(text.lastIndexOf("------\n > [")).replace(/\d+\.\d+/g, "T");
  expect(endOf(piped.stderr)).toBe(endOf(failed.stderr));

  const script = join(import.meta.dirname, "type-in-shell.py");
  const steps = [
    ["/work #", "tty; cat kept\n"],
    ["left", "exit\n"],
    ["ERROR: failed to build", ""],
  ];
  const typed = await run(
    "python3",
    [script, process.execPath, cli, "debug", "build", "--progress", "tty", context],
    {
      env: userEnvironment(host, "engine29") as unknown as NodeJS.ProcessEnv,
      input: JSON.stringify(steps),
      timeout: 120_000,
    },
  );
  expect(typed.stderr).toContain("/dev/pts/0");

  const wrong = await slipway(["debug", "--invoke", "shell=sh", "build", context]);
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('the unknown key "shell"') });
});

it("debug --on always runs a process in the result, before it is exported", async () => {
  const host = await startHost();
  const context = await contextOf({ Dockerfile: `FROM ${baseImageName}\nUSER 7\nRUN id -u > /tmp/id\n` });
  const args = [
    "debug",
    "--on",
    "always",
    "--invoke",
    "args=cat,args=/tmp/id",
    "build",
    context,
    "-o",
    "type=cacheonly",
  ];
  expect(await slipwayOf(host)(args)).toMatchObject({ code: 0, stdout: "7\n" });
});
