import { create, toBinary } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { type Definition, OpSchema } from "../gen/pb/ops_pb.js";
import { isLarge, StepGraph } from "./step-graph.js";
import { definitionOf, type TestStep } from "./step-graph.test-helper.js";

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
  expect(graph.namesOf(run)).toEqual(["/", "/from/1"]);
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
  expect(graph.namesOf(onto)).toEqual(["/", "local://context"]);
  const fromNothing = copyOf(-1n, 2n);
  expect(graph.parentOf(fromNothing)).toBeUndefined();
  expect(graph.namesOf(fromNothing)).toEqual(["sha256:a", "local://context"]);
});

it("a definition is too large by its operations or their bytes", () => {
  const op = Buffer.alloc(1024 * 1024);
  const large = [[op, op], [op, op, Buffer.alloc(1)], Array.from({ length: 10_001 }, () => Buffer.alloc(0))];
  expect(large.map((def) => isLarge({ ...definition, def }))).toEqual([false, true, true]);
});

it("names of steps are cut, and a step of many inputs, or in a file with a long name, is in no file", () => {
  const bases = Array.from({ length: 257 }, (_, index) => ({ name: `base${index}` }));
  const from = bases.map(({ name }) => name);
  const last = (steps: readonly TestStep[], change = (_: Definition) => {}) => {
    const given = definitionOf(steps);
    change(given);
    const graph = new StepGraph(given);
    return graph.step(graph.head!.digest)!;
  };
  expect(last([...bases, { name: "copy", line: 1, from: from.slice(1) }]).source).toBeDefined();
  expect(last([...bases, { name: "copy", line: 1, from }]).source).toBeUndefined();
  expect(last([{ name: "n".repeat(257) }]).name).toHaveLength(256);
  const named = (length: number) =>
    last([{ name: "run", line: 1 }], ({ source }) => {
      source!.infos[0]!.filename = "f".repeat(length);
    });
  expect([named(1_024).source, named(1_025).source]).toMatchObject([
    { filename: "f".repeat(1_024) },
    undefined,
  ]);
});

it("a step that mounts an input twice names it by the first place", () => {
  const mounts = [
    { input: 1n, dest: "/a" },
    { input: 1n, dest: "/b" },
  ];
  const op = create(OpSchema, {
    inputs: [{ digest: "sha256:a" }, { digest: "sha256:b" }],
    op: { case: "exec", value: { mounts } },
  });
  const step = { digest: "", name: "", source: undefined, op };
  expect(new StepGraph(definition).namesOf(step)).toEqual(["sha256:a", "/a"]);
});

it("a malformed definition is reported as an error of BuildKit", () => {
  expect(() => new StepGraph({ ...definition, def: [Buffer.from([0x0a, 0xff])] })).toThrow(
    /not a list of operations/,
  );
});
