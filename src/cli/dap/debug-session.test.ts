import { PassThrough } from "node:stream";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { expect, it } from "vitest";
import { DebugSession } from "./debug-session.js";
import { FrameReader, frame } from "./framing.js";

/** A session without a build, and what it sends. */
function openSession() {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const session = new DebugSession(input, output);
  const reader = new FrameReader();
  const sent: DebugProtocol.ProtocolMessage[] = [];
  output.on("data", (bytes: Buffer) => sent.push(...(reader.add(bytes) as DebugProtocol.ProtocolMessage[])));
  let seq = 0;
  /** Sends a request, and waits for its answer. */
  const ask = async (command: string, args: object = {}): Promise<DebugProtocol.Response> => {
    const own = ++seq;
    input.write(frame({ seq: own, type: "request", command, arguments: args }));
    const isAnswer = (message: DebugProtocol.ProtocolMessage) =>
      message.type === "response" && (message as DebugProtocol.Response).request_seq === own;
    return (await expect
      .poll(() => sent.find(isAnswer), { timeout: 60_000 })
      .toBeDefined()
      .then(() => sent.find(isAnswer))) as DebugProtocol.Response;
  };
  const events = () =>
    sent.flatMap((each) => (each.type === "event" ? [(each as DebugProtocol.Event).event] : []));
  return { session, input, ask, events };
}

it("an editor launches, sets breakpoints, and says when it is ready", async () => {
  const { session, ask, events } = openSession();
  const { body } = await ask("initialize", { adapterID: "dockerfile" });
  expect(body).toEqual({ supportsConfigurationDoneRequest: true, supportsTerminateRequest: true });
  expect(
    await ask("launch", { contextPath: "/src", stopOnEntry: true, noDebug: false, args: ["-q"] }),
  ).toMatchObject({
    success: true,
  });
  expect(events()).toEqual(["initialized"]);
  const source = { path: "/src/Dockerfile" };
  const set = await ask("setBreakpoints", { source, breakpoints: [{ line: 2 }, { line: 5 }] });
  expect(set.body.breakpoints).toMatchObject([
    { id: 1, line: 2, verified: false },
    { id: 2, line: 5, verified: false },
  ]);
  expect((await ask("threads")).body).toEqual({ threads: [] });
  await ask("configurationDone");
  expect(await session.launched).toMatchObject({ contextPath: "/src", stopOnEntry: true, target: undefined });
  await session.end(7);
  expect(events()).toEqual(["initialized", "terminated", "exited"]);
});

it("lines and their breakpoints are counted as the editor counts", async () => {
  const { session, ask } = openSession();
  await ask("initialize", { linesStartAt1: false });
  const set = await ask("setBreakpoints", { source: { path: "/a" }, breakpoints: [{ line: 0 }] });
  expect(set.body.breakpoints).toMatchObject([{ line: 0 }]);
  await session.end(0);
});

it.each([
  ["launch", { contextPath: 1 }, "contextPath is not a string."],
  ["launch", { stopOnEntry: "yes" }, "stopOnEntry is not a boolean."],
  ["pause", { threadId: 1 }, "A step that runs cannot be paused. Set a breakpoint."],
  ["next", { threadId: 1 }, "The build has not started."],
  ["stackTrace", { threadId: 1 }, "The build runs."],
  ["scopes", { frameId: 1 }, "The build has not started."],
  ["variables", { variablesReference: 1 }, "The build has gone on since."],
  ["evaluate", { expression: "exec ls", context: "watch" }, "Only lines of the console are evaluated."],
  ["evaluate", { expression: "print x", context: "repl" }, "print is no command. Use exec, or exec PROGRAM."],
  ["readMemory", {}, "readMemory is not supported."],
  ["constructor", {}, "constructor is not supported."],
])("%s is refused: %j", async (command, args, message) => {
  const { session, ask } = openSession();
  expect(await ask(command, args)).toMatchObject({ success: false, message });
  await session.end(0);
});

it("starts no build when the editor disconnects before it is ready", async () => {
  const { session, input, ask } = openSession();
  await ask("initialize");
  input.end();
  expect(await session.launched).toBeUndefined();
});

it("a malformed message ends the session", async () => {
  const { session, input } = openSession();
  input.write("GET / HTTP/1.1\r\n\r\n");
  expect(await session.launched).toBeUndefined();
});
