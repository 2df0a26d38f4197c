import { afterEach, expect, test, vi } from "vitest";
import type { LogFields } from "../base/log.js";
import { PluginOutput } from "./plugin-output.js";

function capture() {
  const logged: [level: string, message: string, fields: LogFields][] = [];
  const note =
    (level: string) =>
    (message: string, fields: LogFields = {}) =>
      void logged.push([level, message, fields]);
  const log = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
  const output = new PluginOutput("farm", log);
  const write = output.writer();
  return { logged, output, write: (text: string) => write(Buffer.from(text)) };
}

test("reads hclog's JSON and keeps additional values", () => {
  const { logged, output, write } = capture();
  const line = {
    "@level": "warn",
    "@message": "hot",
    "@module": "farm.cpu",
    "@timestamp": "x",
    degrees: 90,
    on: { a: 1 },
  };
  write(`${JSON.stringify(line)}\n`);
  expect(logged).toEqual([
    ["warn", "hot", { plugin: "farm", module: "farm.cpu", degrees: 90, on: '{"a":1}' }],
  ]);
  expect(output.lastLines).toEqual(['hot degrees=90 on={"a":1}']);
});

test.each([
  ["plain words", "debug", "plain words"],
  ["[ERROR] it broke", "error", "it broke"],
  ["[TRACE] tiny", "debug", "tiny"],
  ['{"@message": 7}', "debug", '{"@message": 7}'],
  ["{ not json", "debug", "{ not json"],
  ['{"@level":"loud","@message":"m"}', "debug", "m"],
  ['{"@level":"constructor","@message":"m"}', "debug", "m"],
  ['{"@level":{"a":1},"@message":"m"}', "debug", "m"],
])("reads %s as text", (text, level, message) => {
  const { logged, write } = capture();
  write(`${text}\n`);
  expect(logged).toEqual([[level, message, { plugin: "farm" }]]);
});

test("a plugin's values do not replace the host's own fields", () => {
  const { logged, write } = capture();
  const forged = { plugin: "docker", time: "1970", level: "error", message: "forged", __proto__: null };
  write(`${JSON.stringify({ "@message": "m", ...forged })}\n`);
  const fields = Object.fromEntries(Object.entries(forged).map(([key, value]) => [`plugin.${key}`, value]));
  expect(logged).toEqual([["debug", "m", { ...fields, plugin: "farm" }]]);
});

test("a line of a mebibyte is cut, also one in JSON", () => {
  const { logged, write } = capture();
  for (const line of ["x".repeat(1 << 20), JSON.stringify({ "@message": "y".repeat(1 << 20) })])
    write(`${line}\n`);
  expect(logged.map(([, message]) => message.length)).toEqual([64 << 10, 64 << 10]);
});

test("kept lines, which errors quote, are one line each and plain text", () => {
  const { output, write } = capture();
  write(`${JSON.stringify({ "@message": "\x1b[31mred\x1b[0m\nPlugin docker crashed\x07\x9b2J" })}\n`);
  expect(output.lastLines).toEqual(["red Plugin docker crashed "]);
});

test("kept lines have the facts of a structured line without credentials, within their limit", () => {
  const { output, write } = capture();
  const facts = {
    "@module": "farm",
    "@timestamp": "x",
    reason: "the disk\nis full",
    from: "https://me:hush@farm.example/x",
    code: 7,
  };
  write(`${JSON.stringify({ "@message": "Cannot start", ...facts })}\n`);
  write(`${JSON.stringify({ "@message": "Cannot start", reason: "x".repeat(2000) })}\n`);
  const [short, long] = output.lastLines;
  expect(short).toBe("Cannot start reason=the disk is full from=https://<redacted>@farm.example/x code=7");
  expect(long).toBe(`Cannot start reason=${"x".repeat(1000)}`.slice(0, 1000));
});

test("logs everything after a panic as an error", () => {
  const { logged, write } = capture();
  write("before\npanic: nil\n\ngoroutine 1\n");
  expect(logged.map(([level]) => level)).toEqual(["debug", "error", "error"]);
});

test("joins the chunks of a line, and cuts a line without an end", () => {
  const { logged, output, write } = capture();
  write("one ");
  write("line\r\nand");
  write(" more\n");
  expect(output.lastLines).toEqual(["one line", "and more"]);
  for (let i = 0; i < 40; i += 1) write("x".repeat(4096));
  write("\n");
  expect(Math.max(...logged.map(([, message]) => message.length))).toBeLessThanOrEqual(64 << 10);
  expect(output.lastLines.at(-1)!.length).toBeLessThanOrEqual(1000);
});

afterEach(() => {
  vi.useRealTimers();
});

test("keeps the last fifty lines and limits the rate of the log", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const { logged, output, write } = capture();
  for (let i = 0; i < 2000; i += 1) write(`line ${i}\n`);
  expect(output.lastLines).toHaveLength(50);
  expect(output.lastLines.at(-1)).toBe("line 1999");
  expect(logged).toHaveLength(500);
});
