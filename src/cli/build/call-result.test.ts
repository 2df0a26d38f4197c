import { readFileSync } from "node:fs";
import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { CallResultSchema } from "../../gen/slipway/v1/build_event_pb.js";
import { reportCall } from "./call-result.js";

/** The frontend's answer in JSON, and what buildx printed for it. */
function recorded(name: string): { json: Buffer; printed: string } {
  const read = (extension: string) => readFileSync(new URL(`testdata/${name}.${extension}`, import.meta.url));
  return { json: read("json"), printed: read("txt").toString() };
}

function report(
  name: string,
  dockerfile?: string,
  { json = false, ignoreStatus = false, statusCode = 0 } = {},
) {
  const { json: answer, printed } = recorded(name);
  const result = create(CallResultSchema, { json: answer, text: "text", statusCode });
  const call = { name: name.split("-")[0]!, json, ignoreStatus };
  return { ...reportCall(call, result, dockerfile), printed, answer: answer.toString() };
}

test.each(["targets-multi", "targets-outl"])("%s is printed as buildx does", (name) => {
  const { stdout, printed } = report(name);
  expect(stdout).toBe(printed);
});

test("outline is printed as buildx does, but for the order of secrets, which BuildKit leaves to chance", () => {
  const sorted = (text: string) =>
    text.replace(/(?<=REQUIRED\n)(\S.*\n)+/g, (lines) => lines.split("\n").sort().join("\n"));
  const { stdout, printed } = report("outline-outl");
  expect(sorted(stdout)).toBe(sorted(printed));
});

test.each(["warn", "ok", "badlint"])("check of %s is printed as buildx does", (name) => {
  const { stdout, printed } = report(`check-${name}`, `${name}/Dockerfile`);
  expect(stdout).toBe(printed);
});

test("a check that finds something ends with its status, unless that is ignored", () => {
  expect(report("check-warn", undefined, { statusCode: 1 }).exitCode).toBe(1);
  expect(report("check-warn", undefined, { statusCode: 1, ignoreStatus: true }).exitCode).toBe(0);
});

test("a Dockerfile that cannot be parsed is an error with its source", () => {
  const { error, exitCode } = report("check-badlint", "badlint/Dockerfile");
  expect(error).toContain("dockerfile parse error on line 2: unknown instruction: RNU");
  expect(error).toContain("   2 | >>> RNU echo");
  expect(exitCode).toBe(1);
});

test("format=json passes the answer on", () => {
  const { stdout, answer } = report("check-warn", undefined, { json: true });
  expect(stdout).toBe(`${answer}\n`);
});
