import { expect, test } from "vitest";
import { Step } from "./build-model.js";
import { criticalPath, missingInputs } from "./critical-path.js";

function step(key: string, inputs: string[], start?: number, end?: number, node = ""): Step {
  const made = new Step(key, node);
  Object.assign(made, { name: key, inputs, start, end });
  return made;
}

const keys = (steps: readonly Step[]) => steps.map(({ key }) => key);

test("the path leads over the inputs that ended last, and over what ended before a step without inputs", () => {
  const steps = [
    step("definition", [], 0, 1),
    step("from", [], 1, 2),
    step("slow", ["from"], 2, 9),
    step("quick", ["from"], 2, 3),
    step("copy", ["quick", "slow"], 9, 10),
    step("unrelated", [], 1, 9.5),
    step("export", [], 10, 12),
  ];
  expect(keys(criticalPath(steps))).toEqual(["export", "copy", "slow", "from", "definition"]);
});

test("each node has its own path until the results of the nodes are merged", () => {
  const steps = [
    step("a/run", [], 0, 5, "a"),
    step("a/export", [], 5, 6, "a"),
    step("b/run", [], 0, 5.5, "b"),
    step("index", [], 6, 7),
  ];
  expect(keys(criticalPath(steps))).toEqual(["index", "a/export", "a/run"]);
});

test("there is no path before a step has ended, and a wrong cycle ends it", () => {
  expect(criticalPath([step("runs", [], 0)])).toEqual([]);
  expect(keys(criticalPath([step("a", ["b"], 0, 2), step("b", ["a"], 0, 1)]))).toEqual(["a", "b"]);
});

test("a step waits for the inputs that have not ended", () => {
  const all = [step("done", [], 0, 1), step("runs", [], 0), step("waits", ["done", "runs", "unknown"])];
  const byKey = new Map(all.map((each) => [each.key, each]));
  expect(keys(missingInputs(all[2]!, byKey))).toEqual(["runs"]);
  expect(missingInputs(all[1]!, byKey)).toEqual([]);
});
