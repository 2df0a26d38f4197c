import { join } from "node:path";
import { expect, it } from "vitest";
import { contextOf } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { baseImageName, run } from "../lab/index.js";
import { DapClient } from "./dap-client.js";
import { userEnvironment } from "./slipway.js";

const dockerfile = `FROM ${baseImageName} AS tools
WORKDIR /work
RUN echo built > tool
FROM scratch
COPY --from=tools /work/tool /tool
`;

const environmentOf = (host: TestHost) => userEnvironment(host, "engine29") as unknown as NodeJS.ProcessEnv;

const args = ["--no-cache", "-o", "type=cacheonly"];

/** Lines of the stack, the innermost first. */
async function linesOf(client: DapClient): Promise<number[]> {
  const { stackFrames } = await client.request("stackTrace", { threadId: 1 });
  return stackFrames.map(({ line }: { line: number }) => line);
}

it("an editor debugs a build: entry, breakpoints, variables, files, programs and steps", async () => {
  const host = await startHost();
  const context = await contextOf({ Dockerfile: dockerfile });
  const client = new DapClient(args, environmentOf(host));
  await client.request("initialize", { adapterID: "dockerfile", supportsRunInTerminalRequest: true });
  await client.request("launch", { contextPath: context, stopOnEntry: true });
  await client.event("initialized");
  const source = { path: join(context, "Dockerfile") };
  await client.request("setBreakpoints", { source, breakpoints: [{ line: 3 }, { line: 4 }] });
  await client.request("configurationDone");

  expect(await client.event("stopped")).toMatchObject({ reason: "entry", threadId: 1 });
  expect(await client.event("breakpoint")).toMatchObject({ breakpoint: { id: 1, line: 3, verified: true } });
  expect(await client.event("breakpoint")).toMatchObject({ breakpoint: { id: 2, verified: false } });
  expect(await client.request("threads")).toMatchObject({
    threads: [{ id: 1, name: expect.stringContaining("build") }],
  });
  const { stackFrames } = await client.request("stackTrace", { threadId: 1 });
  expect(stackFrames).toMatchObject([{ id: 1, line: 5, source: { name: "Dockerfile", path: source.path } }]);

  await client.request("continue", { threadId: 1 });
  expect(await client.event("stopped")).toMatchObject({ reason: "breakpoint", hitBreakpointIds: [1] });
  expect(await linesOf(client)).toEqual([3, 5]);

  const variablesOf = async (variablesReference: number) =>
    (await client.request("variables", { variablesReference })).variables;
  const named = (variables: { name: string; variablesReference: number; value: string }[], name: string) =>
    variables.find((each) => each.name === name)!;
  const { scopes } = await client.request("scopes", { frameId: 1 });
  const [step, files] = await Promise.all([
    variablesOf(named(scopes, "Arguments").variablesReference),
    variablesOf(named(scopes, "File Explorer").variablesReference),
  ]);
  const exec = named(step, "exec");
  expect(exec.value).toBe("/bin/sh -c echo built > tool");
  expect(named(await variablesOf(exec.variablesReference), "workdir").value).toBe("/work");
  const root = await variablesOf(named(files, "/").variablesReference);
  expect(root.map(({ name }: { name: string }) => name)).toContain("work/");

  const line = { context: "repl", frameId: 1 };
  const failing = { ...line, expression: `exec sh -c 'echo "in $PWD"; exit 3'` };
  expect(await client.request("evaluate", failing)).toMatchObject({ result: "exit code: 3" });
  expect(client.console).toContain("in /work\n");
  const shell = client.request("evaluate", { ...line, expression: "exec" });
  const asked = (await client.reverse("runInTerminal")).arguments;
  expect(await shell).toMatchObject({ result: expect.stringContaining("shell") });
  const typed = await run(asked.args[0], asked.args.slice(1), {
    env: { ...environmentOf(host), ...asked.env },
    input: "echo typed in $(pwd)\nexit 4\n",
    timeout: 60_000,
  });
  expect(typed).toMatchObject({ stdout: "typed in /work\n", code: 4 });

  await client.request("next", { threadId: 1 });
  expect(await client.event("stopped")).toMatchObject({ reason: "step" });
  expect(await linesOf(client)).toEqual([3, 5]);
  await expect(client.request("variables", { variablesReference: 1 })).rejects.toThrow("has gone on");
  await client.request("stepOut", { threadId: 1 });
  expect(await client.event("stopped")).toMatchObject({ reason: "step" });
  expect(await linesOf(client)).toEqual([5]);
  await client.request("continue", { threadId: 1 });
  await client.event("terminated");
  expect(await client.event("exited")).toEqual({ exitCode: 0 });
  expect(await client.ended).toBe(0);
  expect(client.console).toContain("RUN echo built > tool");
});

it("an editor sees why a build fails, and ends one that is held", async () => {
  const host = await startHost();
  const context = await contextOf({ Dockerfile: `FROM ${baseImageName}\nRUN echo so far; exit 9\n` });
  const open = async () => {
    const client = new DapClient([context, ...args], environmentOf(host));
    await client.request("initialize", { adapterID: "dockerfile" });
    await client.request("launch", {});
    await client.request("configurationDone");
    expect(await client.event("stopped")).toMatchObject({
      reason: "exception",
      text: expect.stringContaining("exit code: 9"),
    });
    expect(await linesOf(client)).toEqual([2]);
    return client;
  };
  const failing = await open();
  await failing.request("continue", { threadId: 1 });
  expect(await failing.event("exited")).toEqual({ exitCode: 1 });
  expect(await failing.ended).toBe(1);
  expect(failing.console).toMatch(/so far[\s\S]*ERROR: failed to build/);

  const cancelled = await open();
  await cancelled.request("disconnect", { terminateDebuggee: true });
  expect(await cancelled.event("exited")).toEqual({ exitCode: 130 });
  expect(await cancelled.ended).toBe(130);
});

it("what an editor asks wrongly is said in its console", async () => {
  const host = await startHost();
  const context = await contextOf({ Dockerfile: "FROM scratch\n" });
  const ends = async (launch: object, given: string[]) => {
    const client = new DapClient(given, environmentOf(host));
    await client.request("launch", launch);
    await client.request("configurationDone");
    expect(await client.event("exited")).toEqual({ exitCode: 1 });
    expect(await client.ended).toBe(1);
    return client.console;
  };
  expect(await ends({}, [])).toContain("no contextPath");
  expect(await ends({ contextPath: context }, ["-o", "-"])).toContain("stdout");
  expect(await ends({ contextPath: context, dockerfile: join(context, "none") }, [])).toContain("none");
});
