import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { definitionOf } from "../../../buildkit/step-graph.test-helper.js";
import { BuildErrorSchema } from "../../../gen/slipway/build/v1/build_error_pb.js";
import type { Gateway } from "../gateway.js";
import { Walk } from "./walk.js";

const bases = Array.from({ length: 20 }, (_, index) => ({ name: `base${index}` }));
const definition = definitionOf([
  ...bases,
  { name: "copy", line: 3, from: bases.map(({ name }) => name) },
  { name: "run", line: 5, parent: "copy" },
]);

/** A gateway that counts how many definitions it has at once. */
function countingGateway() {
  const seen = { now: 0, most: 0, all: 0 };
  const bridge = {
    solve: async () => {
      seen.most = Math.max(seen.most, ++seen.now);
      await new Promise(setImmediate);
      seen.now--;
      return { result: { result: { case: "ref", value: { id: `ref${seen.all++}` } } } };
    },
    evaluate: async () => ({}),
  };
  return { seen, gateway: { bridge, options: {} } as unknown as Gateway };
}

it("asks for the inputs of a step one after the other, and once", async () => {
  const { seen, gateway } = countingGateway();
  const walk = new Walk("whole", definition, gateway);
  const [copy] = walk.program.points;
  const trees = await walk.reach(copy);
  expect(trees.map(({ ref }) => ref)).toEqual(bases.map((_, index) => `ref${index}`));
  expect(seen).toEqual({ now: 0, most: 1, all: 20 });
  await walk.reach(copy);
  expect(seen.all).toBe(20);
});

it("finds the step of an error by its id, or by one of the lines that it names", () => {
  const walk = new Walk("whole", definition, countingGateway().gateway);
  const range = (startLine: number) => ({ ranges: [{ startLine, endLine: startLine }] });
  const named = (vertex: string, ...sources: object[]) =>
    walk.pointOf(create(BuildErrorSchema, { vertex, sources }))?.step.name;
  const [copy] = walk.program.points;
  expect(named(copy!.step.digest)).toBe("copy");
  const filename = "Dockerfile";
  expect(named("other", { filename, ...range(5) }, { filename, ...range(9) })).toBe("run");
  expect(named("other", { filename: "other", ...range(5) })).toBeUndefined();
  expect(named("other")).toBeUndefined();
});
