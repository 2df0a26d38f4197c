import { Code, ConnectError } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { readFailedRun } from "./failed-run.js";

/** An error of BuildKit with this in its detail about the step. */
function failure(detail: string): ConnectError {
  const error = new ConnectError("failed to solve", Code.Unknown);
  const value = new Uint8Array(Buffer.from(detail));
  error.details.push({ type: "errdefs.Solve+json", value });
  return error;
}

const exec = { exec: { mounts: [{ dest: "/" }] } };

it("reads the mounts of a step that failed", () => {
  const detail = JSON.stringify({ op: exec, inputIDs: ["before"], mountIDs: ["after"] });
  expect(readFailedRun(failure(detail))).toMatchObject({ before: ["before"], after: ["after"] });
});

it("ignores values that are not ids", () => {
  const odd = { toString: 1, valueOf: 1 };
  const detail = JSON.stringify({ op: exec, inputIDs: [odd], mountIDs: [odd] });
  expect(readFailedRun(failure(detail))).toMatchObject({ before: [""], after: [""] });
});

it.each([
  ["text", "no JSON"],
  ["no object", "[]"],
  ["an unknown kind of step", JSON.stringify({ op: { exec: 1 } })],
  ["another step", JSON.stringify({ op: { file: {} }, mountIDs: ["after"] })],
  ["a step without its mounts", JSON.stringify({ op: exec, mountIDs: null })],
])("finds no place for processes in %s", (_what, detail) => {
  expect(readFailedRun(failure(detail))).toBeUndefined();
});
