import { create, toBinary } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { OpSchema } from "../gen/pb/ops_pb.js";
import { isLarge, StepGraph } from "./step-graph.js";
import { definitionOf } from "./step-graph.test-helper.js";

const definition = definitionOf([
  { name: "base", line: 1 },
  { name: "tools", line: 2 },
  { name: "run", line: 4, parent: "base", from: ["tools"] },
]);

const stepNamed = (graph: StepGraph, name: string) => [...graph.steps].find((step) => step.name === name)!;

it("knows the steps, where they are written, and what they change", () => {
  const graph = new StepGraph(definition);
  const run = stepNamed(graph, "run");
  expect(graph.head?.digest).toBe(run.digest);
  expect(run.source).toMatchObject({ filename: "Dockerfile", range: { startLine: 4, endLine: 4 } });
  expect(graph.parentOf(run)?.digest).toBe(stepNamed(graph, "base").digest);
  expect(graph.parentOf(stepNamed(graph, "base"))).toBeUndefined();
  expect(run.op.inputs.map((input, index) => graph.nameOf(input, index, run))).toEqual(["/", "/from/1"]);
});

it("makes a definition that ends with any step", () => {
  const graph = new StepGraph(definition);
  const tools = stepNamed(graph, "tools");
  const partial = graph.upTo({ digest: tools.digest, index: 0n });
  expect(new StepGraph(partial).head?.digest).toBe(tools.digest);
  expect(partial.def.slice(0, -1)).toEqual(definition.def.slice(0, -1));
  expect(partial.metadata).toBe(definition.metadata);
});

it("a copy changes the first of its inputs that an action has, and a source is named by its address", () => {
  const source = create(OpSchema, { op: { case: "source", value: { identifier: "local://context" } } });
  const graph = new StepGraph({ ...definition, def: [toBinary(OpSchema, source), definition.def.at(-1)!] });
  const [local] = graph.steps;
  expect(local).toMatchObject({ name: "local://context", source: undefined });
  const copyOf = (...inputs: bigint[]) => ({
    digest: "",
    name: "",
    source: undefined,
    op: create(OpSchema, {
      inputs: [{ digest: "sha256:a" }, { digest: local!.digest }],
      op: { case: "file", value: { actions: inputs.map((input) => ({ input })) } },
    }),
  });
  const onto = copyOf(-1n, 0n);
  expect(graph.parentOf(onto)?.digest).toBe("sha256:a");
  expect(onto.op.inputs.map((input, index) => graph.nameOf(input, index, onto))).toEqual([
    "/",
    "local://context",
  ]);
  const fromNothing = copyOf(-1n, 2n);
  expect(graph.parentOf(fromNothing)).toBeUndefined();
  expect(fromNothing.op.inputs.map((input, index) => graph.nameOf(input, index, fromNothing))).toEqual([
    "sha256:a",
    "local://context",
  ]);
});

it("a definition is too large by its operations or their bytes", () => {
  const op = Buffer.alloc(1024 * 1024);
  const large = [[op, op], [op, op, Buffer.alloc(1)], Array.from({ length: 10_001 }, () => Buffer.alloc(0))];
  expect(large.map((def) => isLarge({ ...definition, def }))).toEqual([false, true, true]);
});

it("a definition that is none is an error of BuildKit", () => {
  expect(() => new StepGraph({ ...definition, def: [Buffer.from([0x0a, 0xff])] })).toThrow(
    /not a list of operations/,
  );
});
