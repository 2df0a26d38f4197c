import { expect, test } from "vitest";
import { Terminal } from "./terminal.js";

function show(...pieces: string[]): string[] {
  const terminal = new Terminal(3);
  for (const piece of pieces) terminal.write(piece);
  return terminal.lines;
}

test("keeps the last lines", () => {
  expect(show("a\nb\nc\nd\n")).toEqual(["b", "c", "d"]);
  expect(show("a\nb\nc\nd")).toEqual(["b", "c", "d"]);
});

test("follows a return, a backspace and erasure", () => {
  expect(show("10%\r100%")).toEqual(["100%"]);
  expect(show("abcdef\rxy\x1b[K")).toEqual(["xy"]);
  expect(show("abc\b\bX")).toEqual(["aXc"]);
});

test("follows cursor moves, as progress bars make them", () => {
  expect(show("one\ntwo\n\x1b[2A\x1b[2KONE\n")).toEqual(["ONE", "two"]);
  expect(show("abcdef\x1b[3DX\x1b[1GY")).toEqual(["YbcXef"]);
});

test("drops colours, titles and what it does not know", () => {
  expect(show("\x1b[31mred\x1b[0m \x1b]0;title\x07ok\x1b(B\x1b[?25l!")).toEqual(["red ok!"]);
});

test("a sequence may come in pieces", () => {
  expect(show("\x1b", "[3", "1mred")).toEqual(["red"]);
  expect(show("x\x1b]0;ti", "tle\x07y")).toEqual(["xy"]);
});

test("wide jumps take no memory", () => {
  expect(show("\x1b[999999999Cx")[0]!.length).toBeLessThan(1100);
});
