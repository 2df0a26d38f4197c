import { expect, test } from "vitest";
import { Step } from "./build-model.js";
import { differenceOf, firstDifference, pairSteps } from "./compare.js";

function step(
  name: string,
  more: { key?: string; cached?: boolean; error?: string; node?: string } = {},
): Step {
  const made = new Step(more.key ?? name, more.node ?? "");
  made.name = name;
  made.isCached = more.cached ?? false;
  made.error = more.error ?? "";
  made.start = 0;
  made.end = 1;
  return made;
}

test("steps with one name are the same, whatever their number", () => {
  const left = [step("[1/2] FROM base"), step("[2/2] RUN a"), step("[build 3/3] RUN old")];
  const right = [step("[1/3] FROM base"), step("[2/3] RUN new"), step("[3/3] RUN a")];
  expect(pairSteps(left, right).map(({ left, right }) => [left?.name, right?.name])).toEqual([
    ["[1/2] FROM base", "[1/3] FROM base"],
    [undefined, "[2/3] RUN new"],
    ["[2/2] RUN a", "[3/3] RUN a"],
    ["[build 3/3] RUN old", undefined],
  ]);
});

test("steps of several nodes, and steps that repeat a name, are compared one by one", () => {
  const steps = () => [
    step("RUN a", { node: "x" }),
    step("RUN a", { node: "y" }),
    step("RUN a", { node: "x" }),
  ];
  const pairs = pairSteps(steps(), steps());
  expect(pairs.map(({ left, right }) => [left?.node, right?.node])).toEqual([
    ["x", "x"],
    ["y", "y"],
    ["x", "x"],
  ]);
});

test("what differs", () => {
  const ran = step("RUN a");
  const cached = step("RUN a", { cached: true });
  const other = step("RUN a", { key: "other" });
  const failed = step("RUN a", { error: "exit code: 1" });
  expect([
    differenceOf(ran, ran),
    differenceOf(cached, ran),
    differenceOf(ran, cached),
    differenceOf(ran, other),
    differenceOf(ran, failed),
    differenceOf(undefined, ran),
    differenceOf(ran, undefined),
  ]).toEqual([
    "",
    "not cached in the later build",
    "cached in the later build",
    "other inputs or settings",
    "done, then failed",
    "only in the later build",
    "only in the earlier build",
  ]);
});

test("the first difference is not one of the steps that always run", () => {
  const left = [step("[internal] load", { cached: true }), step("RUN a", { cached: true }), step("RUN b")];
  const right = [step("[internal] load"), step("RUN a", { cached: true }), step("RUN b", { key: "c" })];
  expect(firstDifference(pairSteps(left, right))?.name).toBe("RUN b");
  expect(firstDifference(pairSteps(left, left))).toBeUndefined();
});
