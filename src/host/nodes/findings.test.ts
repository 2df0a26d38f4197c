import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { DiagnosticSchema, Severity } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import { refused } from "./findings.js";

test("every field keeps its own remedy, and warnings stay with the errors", () => {
  const memory = { reason: "OPTION_INVALID", field: "options[memory]", message: "2x is not a size" };
  const nope = { reason: "OPTION_UNKNOWN", field: "options[nope]", message: "There is no option nope." };
  const old = {
    reason: "OPTION_DEPRECATED",
    field: "options[old]",
    message: "It is deprecated.",
    remedy: "Use new.",
  };
  const findings = [
    {
      ...memory,
      severity: Severity.ERROR,
      remedy: "Use a size such as 2g.",
      helpUrl: "https://sizes.example",
    },
    { ...old, severity: Severity.WARNING },
    { ...nope, severity: Severity.UNSPECIFIED, remedy: "Leave it out." },
    { reason: "NODE_INVALID", message: "It cannot be used." },
  ].map((each) => create(DiagnosticSchema, each));
  expect(readTypedError(refused(findings, "node"))).toMatchObject({
    reason: "OPTION_INVALID",
    message: "2x is not a size. There is no option nope. It cannot be used.",
    fields: [
      {
        ...memory,
        field: "node.options[memory]",
        remedy: "Use a size such as 2g.",
        helpUrl: "https://sizes.example",
      },
      { ...nope, field: "node.options[nope]", remedy: "Leave it out." },
      { field: "node", reason: "NODE_INVALID", message: "It cannot be used." },
    ],
    warnings: [{ ...old, field: "node.options[old]", severity: Severity.WARNING }],
  });
});
