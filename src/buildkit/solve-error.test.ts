import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { printSource, readSolveError } from "./solve-error.js";

const excerpt = (lines: number, ...ranges: [number, number][]) => ({
  filename: "Dockerfile",
  language: "",
  data: Array.from({ length: lines }, (_, i) => `line ${i + 1}`).join("\n"),
  ranges: ranges.map(([start, end]) => ({ start, end })),
});

test("prints one line with two lines of context", () => {
  expect(printSource(excerpt(9, [5, 5]))).toBe(`Dockerfile:5
--------------------
   3 |     line 3
   4 |     line 4
   5 | >>> line 5
   6 |     line 6
   7 |     line 7
--------------------
`);
});

test("prints several lines with up to one line of context", () => {
  expect(printSource(excerpt(3, [1, 1], [2, 2]))).toBe(`Dockerfile:1
--------------------
   1 | >>> line 1
   2 | >>> line 2
   3 |     line 3
--------------------
`);
  expect(printSource(excerpt(2, [2, 9]))).toContain("   1 |     line 1\n   2 | >>> line 2\n");
});

test("prints nothing without a location", () => {
  expect(printSource(excerpt(3))).toBe("");
  expect(printSource(excerpt(3, [9, 9]))).toBe("");
});

test("reads details and ignores invalid ones", () => {
  const detail = (type: string, json: string) => ({ type, value: Buffer.from(json) });
  const error = new ConnectError("no", Code.Unknown);
  error.details = [
    detail("errdefs.Vertex+json", '{"digest":"sha256:1"}'),
    detail("gatewayapi.ExitMessage+json", '{"Code":4}'),
    detail(
      "errdefs.Source+json",
      '{"info":{"filename":"f","data":"eAp5"},"ranges":[{"start":{"line":2},"end":{}}]}',
    ),
    detail("stack.Stack+json", "not json"),
  ];
  expect(readSolveError(error)).toEqual({
    code: Code.Unknown,
    message: "no",
    vertexDigest: "sha256:1",
    exitCode: 4,
    sources: [{ filename: "f", language: "", data: "x\ny", ranges: [{ start: 2, end: 0 }] }],
  });
});

test("reads the exit code from the text of an old BuildKit", () => {
  expect(readSolveError(new ConnectError("executor failed running [x]: exit code: 12")).exitCode).toBe(12);
});
