import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { readSolveError } from "./solve-error.js";

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
    denials: [],
  });
});

test("reads the exit code from the text of an old BuildKit", () => {
  expect(readSolveError(new ConnectError("executor failed running [x]: exit code: 12")).exitCode).toBe(12);
});

test.each([
  ['{"Code":4294967295}', -1],
  ['{"Code":1e300}', 0],
  ['{"Code":1.5}', 1],
  ['{"Code":{"toString":1,"valueOf":1}}', 0],
  ['{"Code":"x"}', 0],
])("an exit code %s is a number of 32 bits", (json, exitCode) => {
  const error = new ConnectError("no", Code.Unknown);
  error.details = [{ type: "gatewayapi.ExitMessage+json", value: Buffer.from(json) }];
  expect(readSolveError(error).exitCode).toBe(exitCode);
});

test("odd lines and exit codes in texts are numbers of 32 bits", () => {
  const error = new ConnectError("failed: exit code: 99999999999", Code.Unknown);
  const json =
    '{"info":{},"ranges":[{"start":{"line":1e99},"end":{"line":{"valueOf":0,"toString":0}}},null]}';
  error.details = [{ type: "errdefs.Source+json", value: Buffer.from(json) }];
  const { exitCode, sources } = readSolveError(error);
  expect(exitCode).toBe(99_999_999_999 | 0);
  expect(sources[0]!.ranges).toEqual([
    { start: 0, end: 0 },
    { start: 0, end: 0 },
  ]);
});

test("reads why a policy does not allow a source", () => {
  const error = new ConnectError("source not allowed");
  const value = Buffer.from(JSON.stringify({ denyMessages: [{ message: "No." }, {}, 3] }));
  error.details = [{ type: "policysession.DecisionResponse+json", value }];
  expect(readSolveError(error).denials).toEqual(["No.", "", ""]);
});
