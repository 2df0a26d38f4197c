import { expect, test } from "vitest";
import { LogLines, maxLineLength } from "./log-lines.js";

const stdout = 1;
const stderr = 2;

function linesOf(...chunks: (string | Uint8Array)[]): LogLines {
  const lines = new LogLines();
  for (const chunk of chunks)
    lines.append(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk, stdout);
  return lines;
}

const texts = (lines: LogLines) => Array.from({ length: lines.count }, (_, index) => lines.text(index));

test("slices of bytes become lines, also a last one that is not complete", () => {
  expect(texts(linesOf("a\nb", "c\n", "\nd"))).toEqual(["a", "bc", "", "d"]);
  expect(texts(linesOf())).toEqual([]);
});

test("a character that is cut between slices is whole, for each stream", () => {
  const [first, second] = [Uint8Array.of(0xe2, 0x82), Uint8Array.of(0xac, 0x0a)];
  const lines = new LogLines();
  lines.append(first!, stdout);
  lines.append(new TextEncoder().encode("x\n"), stderr);
  lines.append(second!, stdout);
  expect(texts(lines)).toEqual(["x", "€"]);
});

test("bytes that are no UTF-8 are replaced on the page and kept in the download", () => {
  const lines = linesOf(Uint8Array.of(0x61, 0xff, 0xfe, 0x62, 0x0a));
  expect(texts(lines)).toEqual(["a\ufffd\ufffdb"]);
  expect(lines.bytes()).toEqual([Uint8Array.of(0x61, 0xff, 0xfe, 0x62, 0x0a)]);
});

test("colours apply until they end, also on later lines", () => {
  const lines = linesOf("\x1b[1;31mred\x1b[0m plain \x1b[42mback\nstill\x1b[m\nnot\n");
  expect(lines.spans(0)).toEqual([
    { text: "red", style: "bold fg1" },
    { text: " plain ", style: "" },
    { text: "back", style: "bg2" },
  ]);
  expect(lines.spans(1)).toEqual([{ text: "still", style: "bg2" }]);
  expect(lines.spans(2)).toEqual([{ text: "not", style: "" }]);
});

test.each([
  ["\x1b[91mx", "fg1"],
  ["\x1b[104mx", "bg4"],
  ["\x1b[38;5;196mx", "fg1"],
  ["\x1b[38;2;10;200;20mx", "fg2"],
  ["\x1b[48;2;0;0;255mx", "bg4"],
  ["\x1b[38;5;240mx", ""],
  ["\x1b[1;2;3;4;7mx", "bold dim italic underline inverse"],
  ["\x1b[1;31m\x1b[22;39mx", ""],
])("the style of %j", (text, style) => {
  expect(linesOf(`${text}\n`).spans(0)).toEqual([{ text: "x", style }]);
});

test("a progress bar is what its last carriage return left", () => {
  expect(texts(linesOf("10%\r50%\r100%\r\nnext\r\n"))).toEqual(["100%", "next"]);
});

test("sequences of a terminal are no text, and other controls are visible", () => {
  const text =
    "\x1b[2J\x1b[10;10Ha\x1b]0;title\x07b\x1b]8;;http://x\x1b\\c\x1b(B\x1bPq\x1b\\\x07\u202ed\u200be\tf\n";
  expect(texts(linesOf(text))).toEqual(["abc\ufffd\ufffdd\ufffde\tf"]);
});

test("a bomb of sequences and a line without an end stay small", () => {
  const bomb = linesOf("\x1b[31m".repeat(200_000), "x\n", "\x1b[".repeat(100_000), "\n");
  for (let index = 0; index < bomb.count; index++) expect(bomb.spans(index).length).toBeLessThan(3);
  const long = linesOf("y".repeat(maxLineLength * 3 + 1));
  expect(texts(long).map(({ length }) => length)).toEqual([maxLineLength, maxLineLength, maxLineLength, 1]);
});
