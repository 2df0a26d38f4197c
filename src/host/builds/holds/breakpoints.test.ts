import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { StepGraph } from "../../../buildkit/step-graph.js";
import { definitionOf } from "../../../buildkit/step-graph.test-helper.js";
import { readTypedError } from "../../../errors/typed-error.js";
import {
  type Breakpoint,
  BreakpointSchema,
  BuildHold,
  StartBuildRequestSchema,
} from "../../../gen/slipway/v1/build_pb.js";
import { Breakpoints } from "./breakpoints.js";
import { holdTerms } from "./build-hold.js";

const at = (line: number, filename = "") => create(BreakpointSchema, { line, filename });
const steps = [
  ...new StepGraph(
    definitionOf([
      { name: "a", line: 2 },
      { name: "b", parent: "a" },
    ]),
  ).steps,
];

it("a breakpoint is on the lines of a step, in its file or any", () => {
  const holds = (...given: Breakpoint[]) => steps.map((step) => new Breakpoints(given).hold(step));
  expect(holds(at(2))).toEqual([true, false]);
  expect(holds(at(2, "Dockerfile"))).toEqual([true, false]);
  expect(holds(at(2, "other"), at(3))).toEqual([false, false]);
  const given = [at(2), at(3), at(2, "Dockerfile"), at(2, "other")];
  const lines = { startLine: 2, endLine: 2 };
  expect(new Breakpoints(given).placesIn(steps).map(({ range }) => range)).toMatchObject([
    lines,
    undefined,
    lines,
    undefined,
  ]);
});

it("breakpoints need hold, lines from 1, names that are no longer than a path, and have a limit", () => {
  const fieldOf = (init: object) => {
    try {
      holdTerms(create(StartBuildRequestSchema, init));
    } catch (cause) {
      const { reason, fields } = readTypedError(cause);
      return [reason, fields?.[0]?.field];
    }
    return undefined;
  };
  const hold = BuildHold.ON_ERROR;
  expect(fieldOf({ hold, breakpoints: [{ line: 1 }] })).toBeUndefined();
  expect(fieldOf({ breakpoints: [{ line: 1 }] })).toEqual(["BREAKPOINT_INVALID", "breakpoints"]);
  expect(fieldOf({ hold, breakpoints: [{ line: 1 }, {}] })).toEqual([
    "BREAKPOINT_INVALID",
    "breakpoints[1].line",
  ]);
  const long = { line: 1, filename: "f".repeat(4_097) };
  expect(fieldOf({ hold, breakpoints: [long] })).toEqual(["BREAKPOINT_INVALID", "breakpoints[0].filename"]);
  const many = Array.from({ length: 1_001 }, () => ({ line: 1 }));
  expect(fieldOf({ hold, breakpoints: many })).toEqual(["BREAKPOINT_INVALID", "breakpoints"]);
  expect(holdTerms(create(StartBuildRequestSchema))).toBeUndefined();
});
