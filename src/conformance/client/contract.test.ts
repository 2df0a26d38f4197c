import { expect, test } from "vitest";
import { AnswerReader } from "./contract.js";

function read(...lines: unknown[]) {
  const reader = new AnswerReader();
  for (const line of lines) reader.add(typeof line === "string" ? line : JSON.stringify(line));
  return reader.answer();
}

test("reads events, outputs and the end of a task", () => {
  const { events, outputs, ending } = read(
    { event: { sequence: "1", accepted: { builder: "b" }, newField: true } },
    { output: 0, data: "aGVsbG8=" },
    { result: { imageDigest: "sha256:1" } },
  );
  expect(events).toMatchObject([{ sequence: 1n, event: { case: "accepted", value: { builder: "b" } } }]);
  expect(outputs).toEqual(new Map([[0, Buffer.from("hello")]]));
  expect(ending).toEqual({ result: { imageDigest: "sha256:1" } });
});

test("reads an error, whose parts can be missing", () => {
  expect(read({ error: { code: "NOT_FOUND", fields: [{ field: "spec" }] } }).ending).toEqual({
    error: {
      code: "NOT_FOUND",
      reason: "",
      message: "",
      remedy: "",
      fields: [{ field: "spec", reason: "", message: "", remedy: "" }],
      metadata: {},
      retryAfterMs: 0,
      callId: "",
    },
  });
  expect(read({ canceled: true }).ending).toEqual({ canceled: true });
  expect(read({ unsupported: "No uploads." }).ending).toEqual({ unsupported: "No uploads." });
});

test.each([
  [["Loading…"], "a line is not JSON: Loading…"],
  [["null"], "a line is no object: null"],
  [["[]"], "a line is no object: []"],
  [[{ done: true }], 'a line is unknown: {"done":true}'],
  [[{ output: 0 }], 'a line is unknown: {"output":0}'],
  [[{ canceled: true }, { result: {} }], 'a line follows the last one: {"result":{}}'],
  [[{ event: {} }], "there is no line with the result or the error"],
  [[`"${"x".repeat(300)}"`], `a line is no object: "${"x".repeat(199)}…`],
])("says what is wrong with the lines %j", (lines, message) => {
  expect(() => read(...lines)).toThrow(message);
});
