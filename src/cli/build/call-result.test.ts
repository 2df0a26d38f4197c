import { readFileSync } from "node:fs";
import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { CallResultSchema } from "../../gen/slipway/build/v1/build_result_pb.js";
import { reportCall } from "./call-result.js";

/** The frontend's answer in JSON, and buildx's output for it. */
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

test.each(["targets-multi", "targets-outl"])("prints %s as buildx does", (name) => {
  const { stdout, printed } = report(name);
  expect(stdout).toBe(printed);
});

test("prints outline as buildx does, except for the order of secrets, which is random in BuildKit", () => {
  const sorted = (text: string) =>
    text.replace(/(?<=REQUIRED\n)(\S.*\n)+/g, (lines) => lines.split("\n").sort().join("\n"));
  const { stdout, printed } = report("outline-outl");
  expect(sorted(stdout)).toBe(sorted(printed));
});

test.each(["warn", "ok", "badlint"])("prints the check of %s as buildx does", (name) => {
  const { stdout, printed } = report(`check-${name}`, `${name}/Dockerfile`);
  expect(stdout).toBe(printed);
});

test("exits with the status of a check, unless it is ignored", () => {
  expect(report("check-warn", undefined, { statusCode: 1 }).exitCode).toBe(1);
  expect(report("check-warn", undefined, { statusCode: 1, ignoreStatus: true }).exitCode).toBe(0);
});

test("reports a Dockerfile that cannot be parsed with its source", () => {
  const { error, exitCode } = report("check-badlint", "badlint/Dockerfile");
  expect(error).toContain("dockerfile parse error on line 2: unknown instruction: RNU");
  expect(error).toContain("   2 | >>> RNU echo");
  expect(exitCode).toBe(1);
});

test("prints the answer itself with format=json", () => {
  const { stdout, answer } = report("check-warn", undefined, { json: true });
  expect(stdout).toBe(`${answer}\n`);
});
