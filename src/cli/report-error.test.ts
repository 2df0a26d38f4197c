import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { InputError } from "../errors/input-error.js";
import { invalidField, typedError } from "../errors/typed-error.js";
import { BuildErrorSchema } from "../gen/slipway/build/v1/build_error_pb.js";
import { DiagnosticSchema, Severity } from "../gen/slipway/common/v1/diagnostic_pb.js";
import { BuildFailure } from "./command-error.js";
import { reportError } from "./report-error.js";

test("prints the flag and the remedy below an input error", () => {
  const error = (message: string) =>
    new InputError({ reason: "FLAGS_CONFLICT", field: "--x", message, remedy: "Correct it." });
  expect(reportError(error("It is wrong."))).toEqual({
    text: "ERROR: It is wrong.\nFLAG: --x\nHINT: Correct it.\n",
    exitCode: 1,
  });
  expect(reportError(error("--x is wrong.")).text).toBe("ERROR: --x is wrong.\nHINT: Correct it.\n");
});

test("names the flag that set the field of a host's error", () => {
  const error = invalidField("spec.tags[0]", "TAG_INVALID", "Invalid tag.", "Correct spec.tags.");
  expect(reportError(error).text).toBe("ERROR: Invalid tag.\nFLAG: --tag\nHINT: Correct --tag.\n");
  const builder = invalidField("builder", "BUILDER_UNKNOWN", "No such builder.");
  expect(reportError(builder).text).toBe("ERROR: No such builder.\n");
  expect(reportError(builder, { given: new Set(["--builder"]) }).text).toBe(
    "ERROR: No such builder.\nFLAG: --builder\n",
  );
});

test("lists the fields of a host's error when there are several", () => {
  const fields = [
    { field: "spec.tags[0]", message: "Invalid tag." },
    { field: "node.endpoint", message: "Unknown host." },
  ];
  const report = (message: string) =>
    reportError(
      typedError({
        code: Code.InvalidArgument,
        reason: "TAG_INVALID",
        message,
        fields,
        remedy: "Correct it.",
      }),
    );
  const details = "  --tag: Invalid tag.\n  node.endpoint: Unknown host.\nHINT: Correct it.\n";
  expect(report("It cannot be built.")).toEqual({
    text: `ERROR: It cannot be built.\n${details}`,
    exitCode: 1,
  });
  expect(report("It stays. a: Invalid tag. b: Unknown host.").text).toBe(
    "ERROR: It stays. a: Invalid tag. b: Unknown host.\nHINT: Correct it.\n",
  );
  for (const sum of ["Invalid tag. Unknown host.", "Invalid tag.; Unknown host."])
    expect(report(sum).text).toBe(`ERROR: 2 things are wrong:\n${details}`);
});

test("prints each remedy beside its field, warnings first, and how many fields are left out", () => {
  const fields = [
    { field: "node.options[memory]", message: "2x is not a size.", remedy: "Use a size such as 2g." },
    { field: "spec.tags[0]", message: "invalid tag", remedy: "Correct spec.tags." },
    { field: "node.endpoint", message: "Unknown host." },
  ];
  const warning = create(DiagnosticSchema, {
    severity: Severity.WARNING,
    message: "The option is deprecated.",
    remedy: "Leave it out.",
  });
  const error = typedError({
    code: Code.InvalidArgument,
    reason: "TAG_INVALID",
    message: "2x is not a size. invalid tag Unknown host. 7 more fields are at fault.",
    fields,
    remedy: "Use a size such as 2g.",
    warnings: [warning],
    metadata: { omitted_fields: "7" },
  });
  expect(reportError(error).text).toBe(
    [
      "WARNING: The option is deprecated. Leave it out.",
      "ERROR: 10 things are wrong:",
      "  --driver-opt memory: 2x is not a size. Use a size such as 2g.",
      "  --tag: invalid tag. Correct --tag.",
      "  node.endpoint: Unknown host.",
      "  … and 7 more.",
      "",
    ].join("\n"),
  );
});

test.each([
  [Code.Canceled, 130],
  [Code.Internal, 100],
  [Code.ResourceExhausted, 102],
  [Code.Unavailable, 1],
])("code %d has buildx's exit code", (code, exitCode) => {
  expect(reportError(new ConnectError("x", code)).exitCode).toBe(exitCode);
});

test("prints source, BuildKit's message and remedy of a failed build", () => {
  const error = create(BuildErrorSchema, {
    reason: "DOCKERFILE_SYNTAX",
    code: Code.Unknown,
    message: "dockerfile parse error on line 2: unknown instruction: RNU",
    remedy: "Correct line 2.",
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
      "HINT: Correct line 2.",
      "",
    ].join("\n"),
    exitCode: 1,
  });
});

test("prints no 'failed to solve' for a build that failed before BuildKit started", () => {
  const error = create(BuildErrorSchema, {
    reason: "BUILDKIT_UNAVAILABLE",
    code: Code.Unavailable,
    message: "no daemon",
  });
  expect(reportError(new BuildFailure(error, false)).text).toBe("ERROR: failed to build: no daemon\n");
});

test("names the flag at fault in a failed build, and has flags in the remedy", () => {
  const error = create(BuildErrorSchema, { reason: "SSH_MISSING", message: "no SSH key", field: "spec.ssh" });
  expect(reportError(new BuildFailure(error, true)).text).toBe(
    "ERROR: failed to build: failed to solve: no SSH key\nFLAG: --ssh\nHINT: Give an agent or keys with --ssh.\n",
  );
});

test("prints a cancelled build as buildx does", () => {
  const error = create(BuildErrorSchema, {
    reason: "CANCELED",
    code: Code.Canceled,
    message: "the build was cancelled",
  });
  expect(reportError(new BuildFailure(error, true))).toEqual({
    text: "ERROR: failed to build: failed to solve: Canceled: context canceled\n",
    exitCode: 130,
  });
});

test("prints the stack of an error with --debug", () => {
  const error = new Error("boom");
  expect(reportError(error).text).toBe("ERROR: boom\n");
  expect(reportError(error, { debug: true }).text).toContain("report-error.test");
});

test("prints the id of the call for faults of the host, and for nothing else", () => {
  const report = (code: Code, callId?: string) =>
    reportError(typedError({ code, reason: "INTERNAL", message: "It failed.", remedy: "Report it.", callId }))
      .text;
  for (const code of [Code.Internal, Code.Unknown, Code.Unavailable])
    expect(report(code, "abc")).toBe("ERROR: It failed.\nHINT: Report it.\nCALL: abc\n");
  expect(report(Code.NotFound, "abc")).toBe("ERROR: It failed.\nHINT: Report it.\n");
  expect(report(Code.Internal)).toBe("ERROR: It failed.\nHINT: Report it.\n");
});
