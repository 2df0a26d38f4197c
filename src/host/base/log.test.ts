import { expect, test } from "vitest";
import { createLog, type LogSettings } from "./log.js";

function capture() {
  const lines: string[] = [];
  return { lines, log: createLog("info", (line) => lines.push(line)) };
}

test("no field replaces the time, the level or the message", () => {
  const { lines, log } = capture();
  log.warn("The truth", { level: "info", message: "forged", time: "1970", extra: 1 });
  const { time, ...rest } = JSON.parse(lines[0]!);
  expect(rest).toEqual({ level: "warn", message: "The truth", extra: 1 });
  expect(Date.parse(time)).toBeGreaterThan(0);
});

test("a line is one line of printable characters, and keeps its text", () => {
  const { lines, log } = capture();
  const text = "a\nb\x1b[2J\x9b2J\x7f\u2028c";
  log.info(text, { [text]: text });
  expect(lines.join("")).toMatch(/^[^\p{Cc}\u2028]+\n$/u);
  expect(JSON.parse(lines[0]!)).toMatchObject({ message: text, [text]: text });
});

test("the text form has one line, whose time and level nothing forges", () => {
  const lines: string[] = [];
  const log = createLog({ level: "info", format: "text" }, (line) => lines.push(line));
  log.warn("A\nthing\x1b[2J\u2028", {
    plugin: "remote",
    error: 'no "x" = y\n2026 ERROR forged',
    none: undefined,
  });
  log.debug("hidden");
  const [time, ...rest] = lines.join("").split(" ");
  expect(Date.parse(time!)).toBeGreaterThan(0);
  expect(rest.join(" ")).toBe(
    'WARN  A\\u000athing\\u001b[2J\\u2028 plugin=remote error="no \\"x\\" = y\\n2026 ERROR forged"\n',
  );
});

test("a changed level applies to the next line", () => {
  const lines: string[] = [];
  const settings: LogSettings = { level: "error", format: "json" };
  const log = createLog(settings, (line) => lines.push(JSON.parse(line).message));
  log.info("one");
  settings.level = "debug";
  log.debug("two");
  expect(lines).toEqual(["two"]);
});
