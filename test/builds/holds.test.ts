import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { LogStream } from "../../src/gen/slipway/build/v1/build_progress_pb.js";
import { type BuildEvent, BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { BuildHold } from "../../src/gen/slipway/v1/build_pb.js";
import type { StartProcessResponse } from "../../src/gen/slipway/v1/debug_pb.js";
import { contextOf, fromPath, type SpecInit, watchToEnd } from "../host/build.js";
import { engineEnvironment, startHost, type TestHost } from "../host/host.js";
import { baseImageName, lab, pidsOf, until } from "../lab/index.js";

/** Starts a build that is to be held, and returns its id and the event. */
async function startHeld(host: TestHost, hold: BuildHold, dockerfile: string, more: object = {}) {
  const context = fromPath(await contextOf({ Dockerfile: dockerfile }));
  const spec: SpecInit = { builder: "own", context, ...more };
  const { build } = await host.builds.startBuild({ hold, spec });
  const { id } = build!;
  const held = await eventOf(host, id, "held");
  return { id, held };
}

/** The event of a kind, when it comes. */
async function eventOf<Case extends BuildEvent["event"]["case"]>(host: TestHost, id: string, kind: Case) {
  for await (const { event } of host.builds.watchBuild({ id })) {
    if (event?.event.case === kind) return event.event as Extract<BuildEvent["event"], { case: Case }>;
    if (event?.event.case === "finished") throw new Error(JSON.stringify(event.event.value.error?.message));
  }
  throw new Error(`There was no event ${kind}.`);
}

/** What a process wrote, and how it ended. */
async function outputOf(events: AsyncIterable<StartProcessResponse>) {
  const texts = { stdout: "", stderr: "" };
  for await (const { event } of events) {
    if (event.case === "exited") return { ...texts, code: event.value.exitCode, error: event.value.error };
    if (event.case !== "output") continue;
    const stream = event.value.stream === LogStream.STDERR ? "stderr" : "stdout";
    texts[stream] += Buffer.from(event.value.data).toString();
  }
  throw new Error("The process did not end.");
}

/** The reason of a call that fails. */
function reasonOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "none",
    (cause) => readTypedError(cause).reason,
  );
}

/** A process that runs, with its later events. */
async function started(events: AsyncIterable<StartProcessResponse>) {
  const rest = events[Symbol.asyncIterator]();
  const { event } = (await rest.next()).value as StartProcessResponse;
  if (event.case !== "started") throw new Error(`The first event is ${event.case}.`);
  return { processId: event.value.processId, rest: { [Symbol.asyncIterator]: () => rest } };
}

const failing = () => `FROM ${lab().registry.baseImage}
ENV FROM_IMAGE=1
WORKDIR /work
RUN echo before > kept
RUN --mount=type=secret,id=token,target=/token echo after > kept; echo failed here; exit 42
`;
const secret = { id: "token", value: Buffer.from("hush-of-the-step") };

it("are held when a step fails, for processes in its container, and then fail as without", async () => {
  const host = await startHost();
  await host.builders.createBuilder({
    name: "own",
    driver: "remote",
    node: { endpoint: lab().buildkitd.address },
  });
  const { id, held } = await startHeld(host, BuildHold.ON_ERROR, failing(), {
    secrets: [secret],
    noCache: true,
  });
  expect(held.value.error).toMatchObject({ reason: "STEP_FAILED", exitCode: 42 });

  const sh = (script: string, more: object = {}) =>
    host.debug.startProcess({ id, args: ["/bin/sh", "-c", script], ...more });
  expect(
    await outputOf(
      sh("cat kept; pwd; echo $FROM_IMAGE$MORE; cat /token >&2; exit 3", { environment: { MORE: "2" } }),
    ),
  ).toEqual({ stdout: "after\n/work\n12\n", stderr: "hush-of-the-step", code: 3, error: "" });
  expect(await outputOf(sh("cat kept; pwd", { beforeStep: true, workingDirectory: "/" }))).toMatchObject({
    stderr: expect.stringContaining("kept"),
    stdout: "/\n",
  });
  expect(await outputOf(sh("cat /work/kept", { beforeStep: true }))).toMatchObject({ stdout: "before\n" });
  expect(await outputOf(host.debug.startProcess({ id, args: ["/no-such-program"] }))).toMatchObject({
    stderr: expect.stringContaining("no-such-program"),
  });

  // A terminal, its size, input and signals; and a second process in the same container.
  // BuildKit sets a size beside what else happens: after the start, and before or after a later signal.
  const script = `has() { until [ "$(stty size)" = "$1" ]; do sleep 0.05; done; echo has $1; }
trap 'exit 7' TERM; touch /shared; has '11 77'; read line; echo got $line; has '5 66'; while :; do sleep 0.1; done`;
  const shell = await started(sh(script, { terminal: { rows: 11, columns: 77 } }));
  const seen = { text: "", code: -1 };
  const reading = outputOf(
    (async function* () {
      for await (const each of shell.rest) {
        if (each.event.case === "output") seen.text += Buffer.from(each.event.value.data).toString();
        yield each;
      }
    })(),
  );
  const process = { id, processId: shell.processId };
  await until("the size", async () => seen.text.includes("has 11 77"));
  await host.debug.writeInput({ ...process, data: Buffer.from("typed\n") });
  await until("the input", async () => seen.text.includes("got typed"));
  expect(await outputOf(sh("ls /shared", { beside: shell.processId }))).toMatchObject({
    stdout: "/shared\n",
  });
  await host.debug.resizeTerminal({ ...process, size: { rows: 5, columns: 66 } });
  await until("the new size", async () => seen.text.includes("has 5 66"));
  await host.debug.signalProcess({ ...process, signal: "TERM" });
  expect(await reading).toMatchObject({ code: 7 });

  // The end of its input.
  const cat = await started(host.debug.startProcess({ id, args: ["cat"], input: true }));
  await host.debug.writeInput({ id, processId: cat.processId, data: Buffer.from("all"), end: true });
  expect(await outputOf(cat.rest)).toEqual({ stdout: "all", stderr: "", code: 0, error: "" });

  expect(await reasonOf(host.debug.writeInput({ id, processId: cat.processId }))).toBe("PROCESS_UNKNOWN");
  expect(await reasonOf(outputOf(sh("true", { beside: "none" })))).toBe("PROCESS_UNKNOWN");
  expect(await reasonOf(outputOf(sh("true", { terminal: { rows: 0, columns: 1 } })))).toBe("PROCESS_INVALID");

  const endless = await started(sh("while :; do sleep 0.1; done"));
  expect(await reasonOf(host.debug.signalProcess({ id, processId: endless.processId, signal: "NONE" }))).toBe(
    "SIGNAL_UNKNOWN",
  );
  await host.debug.continueBuild({ id });
  expect(await reasonOf(outputOf(endless.rest))).toBe("CANCELED");
  const run = await watchToEnd(host, id);
  expect(run.finished).toMatchObject({
    state: BuildState.FAILED,
    error: {
      reason: "STEP_FAILED",
      exitCode: 42,
      sources: [{ filename: "Dockerfile", ranges: [{ startLine: 5 }] }],
    },
  });
  expect(run.output.match(/failed here/g)).toHaveLength(1);
  expect(run.events.map(({ event }) => event.case)).toContain("resumed");
  expect(await reasonOf(host.debug.continueBuild({ id }))).toBe("BUILD_NOT_HELD");
});

it("are held with their result, for an engine, and then export it", async () => {
  const host = await startHost({ env: engineEnvironment("engine29") });
  const dockerfile = `FROM ${baseImageName}\nENV A=1\nWORKDIR /there\nRUN echo built > file\nCMD ["cat", "file"]\n`;
  const { id, held } = await startHeld(host, BuildHold.ALWAYS, dockerfile, {
    builder: "",
    environment: engineEnvironment("engine29"),
    outputs: [{ type: "cacheonly" }],
  });
  expect(held.value.error).toBeUndefined();
  expect(await outputOf(host.debug.startProcess({ id }))).toMatchObject({ stdout: "built\n", code: 0 });
  await host.debug.continueBuild({ id });
  expect((await watchToEnd(host, id)).finished.state).toBe(BuildState.SUCCEEDED);
});

it("end with their client: no process stays, and what cannot be held is refused", async () => {
  const host = await startHost({ env: engineEnvironment("engine20") });
  const node = { endpoint: lab().buildkitd.address };
  await host.builders.createBuilder({ name: "own", driver: "remote", node });
  const { id } = await startHeld(
    host,
    BuildHold.ALWAYS,
    `FROM ${lab().registry.baseImage}\nRUN echo built > /file\n`,
  );
  const [left, cancelled] = [randomUUID(), randomUUID()];
  const endless = (mark: string, signal?: AbortSignal) => {
    const args = ["/bin/sh", "-c", `while :; do sleep 0.1; done; : ${mark}`];
    return started(host.debug.startProcess({ id, args }, { signal }));
  };
  // The client of a process leaves.
  const leaving = new AbortController();
  const first = await endless(left, leaving.signal);
  await until("the process runs", async () => (await pidsOf(left)).length > 0);
  leaving.abort();
  expect(await reasonOf(outputOf(first.rest))).toBe("CANCELED");
  await until("the process ends", async () => (await pidsOf(left)).length === 0);
  expect(await outputOf(host.debug.startProcess({ id, args: ["cat", "/file"] }))).toMatchObject({
    stdout: "built\n",
  });
  // The build is cancelled.
  const second = await endless(cancelled);
  await until("the process runs", async () => (await pidsOf(cancelled)).length > 0);
  await host.builds.cancelBuild({ id });
  expect(await reasonOf(outputOf(second.rest))).toBe("CANCELED");
  expect((await watchToEnd(host, id)).finished.state).toBe(BuildState.CANCELED);
  await until("the process ends", async () => (await pidsOf(cancelled)).length === 0);

  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY missing /\n" }));
  const start = (spec: SpecInit) =>
    host.builds.startBuild({
      hold: BuildHold.ON_ERROR,
      spec: { builder: "own", context, ...spec } as SpecInit,
    });
  const call: SpecInit = { call: "outline" };
  expect(await start(call).catch(readTypedError)).toMatchObject({
    reason: "FEATURE_UNSUPPORTED",
    fields: [{ field: "hold" }],
  });
  // A step that is not RUN, and a BuildKit that is too old.
  const failed = await watchToEnd(host, (await start({})).build!.id);
  expect(
    failed.events.flatMap(({ event }) => (event.case === "warning" ? event.value.reason : [])),
  ).toContain("HOLD_IMPOSSIBLE");
  expect(failed.finished.error?.reason).toBe("FILE_NOT_FOUND");
  const old = { builder: "", environment: engineEnvironment("engine20") };
  const outdated = await watchToEnd(host, (await start(old)).build!.id);
  expect(outdated.finished.error).toMatchObject({
    reason: "FEATURE_UNSUPPORTED",
    remedy: "Update BuildKit.",
  });
});
