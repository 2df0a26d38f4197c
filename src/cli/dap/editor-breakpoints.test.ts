import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { BreakpointPlaceSchema } from "../../gen/slipway/v1/debug_pb.js";
import { EditorBreakpoints } from "./editor-breakpoints.js";

const place = (startLine: number, endLine: number) =>
  create(BreakpointPlaceSchema, { range: { startLine, endLine } });

it("a breakpoint keeps its id while it is set, on the user's line or on that of its step", () => {
  const breakpoints = new EditorBreakpoints();
  const [first] = breakpoints.set("/a", [4]);
  expect(first!.shown).toMatchObject({ id: 1, line: 4, verified: false, reason: "pending" });
  expect(breakpoints.resolve(first!, place(3, 5))).toBe(true);
  expect(breakpoints.resolve(first!, place(3, 5))).toBe(false);
  expect(first!.shown).toMatchObject({ id: 1, line: 3, endLine: 5, verified: true });
  expect(breakpoints.set("/a", [3, 9]).map(({ id }) => id)).toEqual([1, 2]);
  expect(breakpoints.set("/a", [4]).map(({ id }) => id)).toEqual([1]);
});

it("a line without a step is said once", () => {
  const breakpoints = new EditorBreakpoints();
  const [only] = breakpoints.set("/a", [7]);
  const nowhere = create(BreakpointPlaceSchema);
  expect(breakpoints.resolve(only!, nowhere)).toBe(true);
  expect(breakpoints.resolve(only!, nowhere)).toBe(false);
  expect(only!.shown).toMatchObject({ line: 7, verified: false, reason: "failed" });
});

it("only the files of the build count", () => {
  const breakpoints = new EditorBreakpoints();
  breakpoints.set("/a", [1]);
  breakpoints.set("/b", [2, 3]);
  expect(breakpoints.in((path) => path === "/b").map(({ wanted }) => wanted)).toEqual([2, 3]);
  breakpoints.set("/b", []);
  expect(breakpoints.in(() => true).map(({ wanted }) => wanted)).toEqual([1]);
});
