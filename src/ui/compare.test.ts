import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { BuildSpecSchema } from "../gen/slipway/build/v1/build_spec_pb.js";
import { HistoryRecordSchema } from "../gen/slipway/v1/history_pb.js";
import { inputsOf, inputsOfRecord } from "./build-inputs.js";
import { Step } from "./build-model.js";
import { compare, differenceOf, pairSteps } from "./compare.js";

interface More {
  key?: string;
  cached?: boolean;
  error?: string;
  node?: string;
  inputs?: string[];
}

function step(name: string, { key = name, cached = false, error = "", node = "", inputs = [] }: More = {}) {
  return Object.assign(new Step(key, node), { name, inputs, isCached: cached, error, start: 0, end: 1 });
}

const namesOf = (left: Step[], right: Step[]) =>
  pairSteps(left, right).map(({ left, right }) => [left?.name, right?.name]);

test("steps with one name are the same, whatever their number, and so are those at one place", () => {
  const left = [step("[1/2] FROM base"), step("[2/2] RUN a"), step("[build 3/3] RUN old")];
  expect(namesOf(left, [step("[1/3] FROM base"), step("[2/3] RUN new"), step("[3/3] RUN a")])).toEqual([
    ["[1/2] FROM base", "[1/3] FROM base"],
    [undefined, "[2/3] RUN new"],
    ["[2/2] RUN a", "[3/3] RUN a"],
    ["[build 3/3] RUN old", undefined],
  ]);
  expect(namesOf(left, [step("[1/2] FROM base"), step("[2/2] RUN b")])).toEqual([
    ["[1/2] FROM base", "[1/2] FROM base"],
    ["[2/2] RUN a", "[2/2] RUN b"],
    ["[build 3/3] RUN old", undefined],
  ]);
});

test("steps with one identity are the same, whatever BuildKit calls them, and an image has one digest or another", () => {
  const digest = (digit: string) => `@sha256:${digit.repeat(64)}`;
  expect(
    namesOf(
      [step("[app 1/9] FROM base", { key: "same" }), step(`[1/2] FROM tools${digest("a")}`)],
      [step(`[1/3] FROM tools${digest("b")}`), step("[2/2] FROM base", { key: "same" })],
    ),
  ).toEqual([
    [`[1/2] FROM tools${digest("a")}`, `[1/3] FROM tools${digest("b")}`],
    ["[app 1/9] FROM base", "[2/2] FROM base"],
  ]);
});

test("steps of several nodes, and steps that repeat a name, are compared one by one", () => {
  const steps = (key: string) =>
    ["x", "y", "x"].map((node, index) => step("RUN a", { node, key: `${key}${index}` }));
  const pairs = pairSteps(steps("left"), steps("right"));
  expect(pairs.map(({ left, right }) => [left?.node, right?.node])).toEqual([
    ["x", "x"],
    ["y", "y"],
    ["x", "x"],
  ]);
});

const run = (more: More = {}, command = "RUN a") => step(`[2/2] ${command}`, { inputs: ["base"], ...more });

test("what differs", () => {
  const cached = run({ cached: true });
  const failed = run({ error: "exit code: 1" });
  const from = (name: string) => step(`[1/2] FROM ${name}`);
  expect([
    differenceOf(run(), run()),
    differenceOf(cached, run()),
    differenceOf(run(), cached),
    differenceOf(cached, cached),
    differenceOf(run(), failed),
    differenceOf(failed, failed),
    differenceOf(undefined, run()),
    differenceOf(run(), undefined),
    differenceOf(run(), run({}, "RUN b")),
    differenceOf(from("a"), from("a")),
    differenceOf(from("a"), from("b")),
    differenceOf(step("exporting to image"), step("exporting to image")),
  ]).toEqual([
    "ran in both builds",
    "not cached in the later build",
    "cached in the later build",
    "",
    "done, then failed",
    "",
    "only in the later build",
    "only in the earlier build",
    "another command",
    "",
    "another image",
    "",
  ]);
});

const base = step("base");
const spec = (init: Parameters<typeof create<typeof BuildSpecSchema>>[1] = {}) =>
  inputsOf(create(BuildSpecSchema, init));

/** The first difference between two builds of these steps, and its reason. */
function firstOf(left: Step[], right: Step[], inputs = [spec(), spec()], builder = "b") {
  const { first } = compare(
    { steps: left, inputs: inputs[0]!, builder: "b" },
    { steps: right, inputs: inputs[1]!, builder },
  );
  return first && `${first.name}: ${first.difference}. ${first.reason}`;
}

test("the first difference is not one of the steps that always run", () => {
  const cached = run({ cached: true });
  expect(firstOf([step("[internal] load"), cached], [step("[internal] load"), cached])).toBeUndefined();
  const exported = step("exporting to image", { key: "new" });
  expect(firstOf([step("[internal] load"), cached], [cached, exported])).toBeUndefined();
});

test.each<[string, Step[], Step[]]>([
  ["only in the later build. The earlier build has no such step.", [], [run()]],
  ["another command. It was: RUN b", [run({ key: "b" }, "RUN b")], [run()]],
  [
    "failed, then done. It had failed, and BuildKit caches no step that failed.",
    [run({ error: "exit code: 1" })],
    [run()],
  ],
  [
    "not cached in the later build. The step has not changed. Its result was no longer in the cache.",
    [base, run({ cached: true })],
    [base, run()],
  ],
  [
    "ran in both builds. Its settings differ, such as the environment, mounts, user or working directory.",
    [base, run({ key: "before" })],
    [base, run()],
  ],
  [
    "ran in both builds. Files of the context that the step uses have changed, or its result was no longer in the cache.",
    [run({ key: "before" })],
    [step("[internal] load build context"), run({ inputs: ["base", "[internal] load build context"] })],
  ],
  [
    "ran in both builds. It needs RUN first, which was not cached either.",
    [run({ key: "before" })],
    [run({ inputs: ["RUN first"] }), step("RUN first", { inputs: ["base"] })],
  ],
])("%s", (text, left, right) => {
  expect(firstOf(left, right)).toBe(`[2/2] RUN a: ${text}`);
});

test("the reason is among the inputs of the builds", () => {
  const ofArguments = [spec({ buildArgs: { A: "1", B: "1" } }), spec({ buildArgs: { A: "2", B: "1" } })];
  expect(firstOf([run({ key: "before" })], [run()], ofArguments)).toContain(
    "Build arguments that differ: A.",
  );
  expect(firstOf([run()], [run()], [spec(), spec({ noCache: true })])).toContain("without the cache");
  const inStage = (name: string) => [step(`[linux/arm64 ${name} 2/3] RUN a`, { inputs: ["base"] })];
  const ofStage = [spec(), spec({ noCacheStages: ["app"] })];
  expect(firstOf(inStage("app"), inStage("app"), ofStage)).toContain("without the cache");
  expect(firstOf(inStage("other"), inStage("other"), ofStage)).toContain("no longer in the cache");
  expect(firstOf([run()], [run()], undefined, "far")).toContain("the builder far did not have its result");
});

test("inputs of a record have the names of those of the host", () => {
  const record = create(HistoryRecordSchema, {
    frontendAttributes: {
      platform: "linux/amd64,linux/arm64",
      "build-arg:A": "1",
      "no-cache": "",
      "vcs:x": "y",
    },
    exporters: [{ type: "image", attributes: { name: "app" } }],
  });
  const later = spec({
    platforms: ["linux/amd64"],
    buildArgs: { A: "1" },
    noCache: true,
    outputs: [{ type: "image", attributes: { name: "app" } }],
  });
  const { inputs } = compare(
    { steps: [], inputs: inputsOfRecord(record), builder: "b" },
    { steps: [], inputs: later, builder: "b" },
  );
  expect(inputs).toEqual([
    { name: "Platforms", left: ["linux/arm64"], right: [] },
    { name: "Attributes of the frontend", left: ["vcs:x=y"], right: [] },
  ]);
});
