import { expect, test } from "vitest";
import { createLog } from "./log.js";

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
