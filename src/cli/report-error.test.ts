import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { InputError } from "../errors/input-error.js";
import { typedError } from "../errors/typed-error.js";
import { BuildErrorSchema } from "../gen/slipway/v1/build_event_pb.js";
import { BuildFailure, ExitCode } from "./command-error.js";
import { reportError } from "./report-error.js";

test("bad input has its remedy below", () => {
  const error = new InputError({ reason: "X", field: "--x", message: "that is wrong", remedy: "do it so" });
  expect(reportError(error)).toEqual({ text: "ERROR: that is wrong\nHINT: do it so\n", exitCode: 1 });
});

test("an error of the host names each field when there are several", () => {
  const fields = [
    { field: "spec.tags[0]", message: "invalid tag" },
    { field: "spec.platforms[0]", message: "unknown platform" },
  ];
  const error = typedError({
    code: Code.InvalidArgument,
    reason: "X",
    message: "2 fields are wrong",
    fields,
    remedy: "fix",
  });
  expect(reportError(error)).toEqual({
    text: "ERROR: 2 fields are wrong\n  spec.tags[0]: invalid tag\n  spec.platforms[0]: unknown platform\nHINT: fix\n",
    exitCode: 1,
  });
});

test.each([
  [Code.Canceled, 130],
  [Code.Internal, 100],
  [Code.ResourceExhausted, 102],
  [Code.Unavailable, 1],
])("code %d exits as buildx does", (code, exitCode) => {
  expect(reportError(new ConnectError("x", code)).exitCode).toBe(exitCode);
});

test("a failed build shows the source, BuildKit's message and the remedy", () => {
  const error = create(BuildErrorSchema, {
    reason: "DOCKERFILE_SYNTAX",
    code: Code.Unknown,
    message: "dockerfile parse error on line 2: unknown instruction: RNU",
    remedy: "fix line 2",
    sources: [
      { filename: "Dockerfile", data: Buffer.from("FROM x\nRNU\n"), ranges: [{ startLine: 2, endLine: 2 }] },
    ],
  });
  expect(reportError(new BuildFailure(error, true))).toEqual({
    text: [
      "Dockerfile:2",
      "--------------------",
      "   1 |     FROM x",
      "   2 | >>> RNU",
      "   3 |     ",
      "--------------------",
      "ERROR: failed to build: failed to solve: dockerfile parse error on line 2: unknown instruction: RNU",
      "HINT: fix line 2",
      "",
    ].join("\n"),
    exitCode: 1,
  });
});

test("what fails before BuildKit begins is no failure to solve", () => {
  const error = create(BuildErrorSchema, {
    reason: "BUILDKIT_UNAVAILABLE",
    code: Code.Unavailable,
    message: "no daemon",
  });
  expect(reportError(new BuildFailure(error, false)).text).toBe("ERROR: failed to build: no daemon\n");
});

test("a cancelled build reads as in buildx", () => {
  const error = create(BuildErrorSchema, {
    reason: "CANCELLED",
    code: Code.Canceled,
    message: "the build was cancelled",
  });
  expect(reportError(new BuildFailure(error, true))).toEqual({
    text: "ERROR: failed to build: failed to solve: Canceled: context canceled\n",
    exitCode: 130,
  });
});

test("an exit code alone says nothing", () => {
  expect(reportError(new ExitCode(3))).toEqual({ text: "", exitCode: 3 });
});

test("debug shows where an error came from", () => {
  const error = new Error("boom");
  expect(reportError(error).text).toBe("ERROR: boom\n");
  expect(reportError(error, { debug: true }).text).toContain("report-error.test");
});
