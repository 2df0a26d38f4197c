import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { DiagnosticSchema } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import { joinSentences, warningLines } from "./diagnostics.js";

test("formats warnings with remedies in terms of flags", () => {
  const diagnostics = [
    { message: "The node keeps its settings.", remedy: "Leave out node.options." },
    { message: "no space left", remedy: "Make room." },
    { message: "It stays." },
  ];
  expect(warningLines(diagnostics.map((init) => create(DiagnosticSchema, init)))).toBe(
    "WARNING: The node keeps its settings. Leave out --driver-opt.\n" +
      "WARNING: no space left. Make room.\n" +
      "WARNING: It stays.\n",
  );
});

test("does not change the last text", () => {
  expect(joinSentences("A.", "", "use --load")).toBe("A. use --load");
});
