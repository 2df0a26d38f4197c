import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { StepGraph } from "../../../buildkit/step-graph.js";
import { definitionOf } from "../../../buildkit/step-graph.test-helper.js";
import { DefinitionSchema } from "../../../gen/pb/ops_pb.js";
import { HoldReason } from "../../../gen/slipway/v1/build_event_pb.js";
import { ContinueTo } from "../../../gen/slipway/v1/debug_pb.js";
import { type Point, Program } from "./program.js";

/*
 * 1 FROM base AS tools
 * 2 RUN make
 * 3 FROM scratch
 * 4 COPY --from=tools /a /
 * 5 COPY --from=tools /b /
 */
const twoStages = () =>
  definitionOf([
    { name: "from", line: 1 },
    { name: "make", line: 2, parent: "from" },
    { name: "copy-a", line: 4, from: ["make"] },
    { name: "copy-b", line: 5, parent: "copy-a", from: ["make"] },
  ]);

const textOf = ({ step, done, callers }: Point) =>
  [`${step.name}${done ? " done" : ""}`, ...callers.map(({ name }) => name)].join(" < ");

/** The points at which a build is held that always goes on like this. */
function walk(program: Program, to: ContinueTo, isBreakpoint = (_name: string) => false): string[] {
  const texts: string[] = [];
  let at: Point | undefined;
  for (;;) {
    const stop = program.next(at, to, ({ name }) => isBreakpoint(name));
    if (!stop) return texts;
    at = stop.point;
    texts.push(textOf(at));
  }
}

const program = () => new Program(new StepGraph(twoStages()));

it("step in goes through other stages before the step that needs them, each once", () => {
  expect(walk(program(), ContinueTo.IN)).toEqual([
    "copy-a",
    "from < copy-a",
    "make < copy-a",
    "make done < copy-a",
    "copy-a",
    "copy-b",
    "copy-b done",
  ]);
});

it("the inputs of a step are solved when its other stages have been walked through", () => {
  const { points } = program();
  const copy = points.filter(({ step }) => step.name === "copy-a");
  expect(copy.map(({ isDeferred }) => [isDeferred(0), isDeferred(1)])).toEqual([
    [true, false],
    [false, false],
  ]);
});

it("next stays in the stage", () => {
  expect(walk(program(), ContinueTo.NEXT)).toEqual(["copy-a", "copy-b", "copy-b done"]);
});

it("next and out in another stage come back to the step that needs it", () => {
  const own = program();
  const inner = own.points.find((point) => textOf(point) === "make < copy-a")!;
  const never = () => false;
  const behind = own.next(inner, ContinueTo.NEXT, never)!;
  expect(textOf(behind.point)).toBe("make done < copy-a");
  expect(textOf(own.next(behind.point, ContinueTo.NEXT, never)!.point)).toBe("copy-a");
  const out = own.next(inner, ContinueTo.OUT, never)!;
  expect([textOf(out.point), out.point.isDeferred(0), out.reason]).toEqual([
    "copy-a",
    false,
    HoldReason.STEP,
  ]);
  expect(own.next(out.point, ContinueTo.OUT, never)).toBeUndefined();
});

it("without a step it stops at breakpoints, once each", () => {
  const isBreakpoint = (name: string) => name === "copy-a" || name === "make";
  expect(walk(program(), ContinueTo.UNSPECIFIED, isBreakpoint)).toEqual(["copy-a", "make < copy-a"]);
  expect(walk(program(), ContinueTo.UNSPECIFIED)).toEqual([]);
});

it("a breakpoint holds a build that steps over it", () => {
  const own = program();
  const stop = own.next(own.points[0], ContinueTo.NEXT, ({ name }) => name === "make")!;
  expect([textOf(stop.point), stop.reason]).toEqual(["make < copy-a", HoldReason.BREAKPOINT]);
});

it("a step that failed is found before it, when what it needs is there", () => {
  const own = program();
  const before = own.before(({ name }) => name === "copy-a");
  expect(before).toBe(own.points.filter(({ step }) => step.name === "copy-a").at(-1));
  expect(own.before(({ name }) => name === "other")).toBeUndefined();
});

it("steps that are in no file have no points, nor have builds without steps", () => {
  const hidden = definitionOf([
    { name: "local" },
    { name: "copy", line: 3, from: ["local"] },
    { name: "merge", parent: "copy" },
    { name: "run", line: 4, parent: "merge" },
  ]);
  expect(walk(new Program(new StepGraph(hidden)), ContinueTo.IN)).toEqual(["copy", "run", "run done"]);
  expect(new Program(new StepGraph(create(DefinitionSchema))).points).toEqual([]);
});

it("stages that need one another without end are gone into a hundred deep", () => {
  const steps = [...Array(5_000).keys()].map((line) => ({
    name: `s${line}`,
    line: line + 1,
    from: line === 0 ? [] : [`s${line - 1}`],
  }));
  const { points } = new Program(new StepGraph(definitionOf(steps)));
  expect(points.filter(({ isFirst }) => isFirst)).toHaveLength(101);
  expect(points.filter(({ callers }) => callers.length === 100).map(textOf)[0]).toMatch(/^s4899 < s4900 /);
});

it("stages that need each other in a lattice have as many points as steps", () => {
  const steps = [...Array(40).keys()].map((line) => ({
    name: `s${line}`,
    line: line + 1,
    from: line === 0 ? [] : line === 1 ? ["s0"] : [`s${line - 1}`, `s${line - 2}`],
  }));
  const { points } = new Program(new StepGraph(definitionOf(steps)));
  expect(points.filter(({ isFirst }) => isFirst)).toHaveLength(40);
});
