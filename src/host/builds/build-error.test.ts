import { finished } from "node:stream/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, it, onTestFinished, vi } from "vitest";
import { outputError } from "../../buildkit/filesend/output-error.js";
import { buildFailureReasons } from "../../errors/reasons/build-failures.js";
import type { ReasonTable } from "../../errors/reasons/reason-info.js";
import { codeOf, type Reason } from "../../errors/reasons.js";
import { typedError } from "../../errors/typed-error.js";
import { NodeError } from "../nodes/node-error.js";
import { buildError } from "./build-error.js";
import { OutputStreams, readerTimeoutMs } from "./outputs/output-streams.js";

/** An error of our session services as Solve returns it: its text within BuildKit's own, and code UNKNOWN. */
const fromBuildkit = (message: string) => new ConnectError(`failed to solve: ${message}`, Code.Unknown);
const fileError = (code: string) => Object.assign(new Error(`${code}: reason, write`), { code });

it.each([
  ["ENOSPC", "OUTPUT_WRITE_FAILED", Code.ResourceExhausted],
  ["EFBIG", "OUTPUT_WRITE_FAILED", Code.ResourceExhausted],
  ["EACCES", "OUTPUT_WRITE_FAILED", Code.FailedPrecondition],
])("recognizes an output that cannot be written (%s)", (code, reason, expected) => {
  const { message } = outputError(fileError(code));
  expect(buildError(fromBuildkit(message))).toMatchObject({ reason, code: expected });
});

it("tells a Dockerfile that is not UTF-8 from names of files that are not", () => {
  const problem = "string field contains invalid UTF-8";
  expect(buildError(fromBuildkit(`failed to marshal LLB definition: ${problem}`))).toMatchObject({
    reason: "DOCKERFILE_SYNTAX",
    remedy: expect.stringContaining("Dockerfile"),
  });
  expect(buildError(fromBuildkit(problem))).toMatchObject({ reason: "FEATURE_UNSUPPORTED" });
});

it("recognizes an output that nobody read in time", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const stream = new OutputStreams([0]).open(0);
  const failure = finished(stream).then(
    () => "",
    (cause: Error) => cause.message,
  );
  vi.advanceTimersByTime(readerTimeoutMs);
  expect(buildError(fromBuildkit(await failure))).toMatchObject({
    reason: "OUTPUT_NOT_READ",
    code: Code.Aborted,
  });
});

it.each<[string, Reason]>([
  ["The uploaded context could not be read to its end: gone", "UPLOAD_UNREADABLE"],
  ["failed to compute cache key: /nope: not found", "FILE_NOT_FOUND"],
  ["The ignore file is too large: it has 10001 patterns.", "DOCKERIGNORE_TOO_LARGE"],
  ["secret npmrc: not found", "SECRET_MISSING"],
  ["process did not complete successfully: exit code: 7", "STEP_FAILED"],
  ["The credential helper docker-credential-x cannot be used: it failed.", "CREDENTIAL_HELPER_FAILED"],
  [
    "failed to push r.test/a: unexpected status from PUT request to http://r.test: 429",
    "REGISTRY_RATE_LIMITED",
  ],
  ["failed to push r.test/a: failed to do request: connection refused", "REGISTRY_UNREACHABLE"],
  [
    "failed to authorize: The token server http://r.test uses plain HTTP. Logins are sent only over HTTPS or to the loopback interface.",
    "TOKEN_SERVER_INSECURE",
  ],
  ['target stage "x" could not be found', "TARGET_UNKNOWN"],
  ["dockerfile parse error on line 1: unknown instruction: X", "DOCKERFILE_SYNTAX"],
])("recognizes %j", (message, reason) => {
  const error = buildError(fromBuildkit(message));
  expect(error.reason).toBe(reason);
  expect(error.code).toBe(codeOf(reason));
});

it("every reason of a failed build has a code that says more than UNKNOWN", () => {
  for (const [reason, { codes }] of Object.entries(buildFailureReasons as ReasonTable)) {
    expect([reason, codes.length > 0 && !codes.includes(Code.Unknown)]).toEqual([reason, true]);
  }
});

it("leaves out the statuses of the calls between BuildKit and the host", () => {
  const inner = "rpc error: code = Internal desc = ";
  const message = `error from receiver: ${inner}${inner}Output 0 was not read within 60 s.`;
  expect(buildError(fromBuildkit(message))).toMatchObject({
    reason: "OUTPUT_NOT_READ",
    code: Code.Aborted,
    message: "failed to solve: error from receiver: Output 0 was not read within 60 s.",
  });
});

it("keeps the reason, remedy, field, metadata and node of a typed error", () => {
  const message = "Connection lost.";
  const typed = typedError({
    code: Code.Unavailable,
    reason: "BUILDKIT_LOST",
    message,
    remedy: "Build again.",
    fields: [{ field: "spec.builder", message }],
    metadata: { exit_code: "7" },
  });
  expect(buildError(new NodeError("arm", typed))).toMatchObject({
    reason: "BUILDKIT_LOST",
    code: Code.Unavailable,
    remedy: "Build again.",
    field: "spec.builder",
    metadata: { exit_code: "7" },
    node: "arm",
  });
});

it("prefers the cancellation to the errors that it causes", () => {
  const abort = new AbortController();
  abort.abort(new ConnectError("The host is stopping.", Code.Canceled));
  expect(buildError(new Error("stream closed"), abort.signal)).toMatchObject({
    reason: "CANCELED",
    code: Code.Canceled,
    message: "The host is stopping.",
  });
});

it("says of a killed process that memory may have run out", () => {
  const failed = (code: number) =>
    buildError(fromBuildkit(`process "/bin/sh -c x" did not complete successfully: exit code: ${code}`));
  expect(failed(137)).toMatchObject({ reason: "STEP_FAILED", exitCode: 137 });
  expect(failed(137).remedy).toContain("memory");
  expect(failed(1).remedy).toBe("");
});

it("looks at the ends of a long message only", () => {
  const long = "secret ref ".repeat(100_000);
  expect(buildError(fromBuildkit(long)).reason).toBe("UNKNOWN");
  expect(buildError(fromBuildkit(`${long}: failed to push`)).reason).toBe("PUSH_FAILED");
});
