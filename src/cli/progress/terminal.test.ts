import { expect, test } from "vitest";
import { Terminal } from "./terminal.js";

function show(...chunks: string[]): string[] {
  const terminal = new Terminal(3);
  for (const chunk of chunks) terminal.write(chunk);
  return terminal.lines;
}

test("keeps the last lines", () => {
  expect(show("a\nb\nc\nd\n")).toEqual(["b", "c", "d"]);
  expect(show("a\nb\nc\nd")).toEqual(["b", "c", "d"]);
});

test("handles carriage return, backspace and erasure", () => {
  expect(show("10%\r100%")).toEqual(["100%"]);
  expect(show("abcdef\rxy\x1b[K")).toEqual(["xy"]);
  expect(show("abc\b\bX")).toEqual(["aXc"]);
});

test("handles cursor movement of progress bars", () => {
  expect(show("one\ntwo\n\x1b[2A\x1b[2KONE\n")).toEqual(["ONE", "two"]);
  expect(show("abcdef\x1b[3DX\x1b[1GY")).toEqual(["YbcXef"]);
});

test("drops colours, titles and unknown sequences", () => {
  expect(show("\x1b[31mred\x1b[0m \x1b]0;title\x07ok\x1b(B\x1b[?25l!")).toEqual(["red ok!"]);
});

test("handles a sequence that is split over writes", () => {
  expect(show("\x1b", "[3", "1mred")).toEqual(["red"]);
  expect(show("x\x1b]0;ti", "tle\x07y")).toEqual(["xy"]);
});

test("limits the memory for wide cursor movement", () => {
  expect(show("\x1b[999999999Cx")[0]!.length).toBeLessThan(1100);
});
