import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { StepGraph } from "../../../buildkit/step-graph.js";
import { definitionOf } from "../../../buildkit/step-graph.test-helper.js";
import { ResultSchema } from "../../../gen/moby/buildkit/v1/frontend/gateway_pb.js";
import { OpSchema } from "../../../gen/pb/ops_pb.js";
import { describeStep, stackOf } from "./describe-step.js";
import { placeAt } from "./held-place.js";
import { Program } from "./program.js";

const graph = new StepGraph(
  definitionOf([
    { name: "tools", line: 1 },
    { name: "run", line: 3, from: ["tools"] },
  ]),
);
const { points } = new Program(graph);

it("a stack has the step and those that wait for it, with their places but not the text of the file", () => {
  expect(points.map((point) => stackOf(point).map(({ name, isDone }) => [name, isDone]))).toEqual([
    [["run", false]],
    [
      ["tools", false],
      ["run", false],
    ],
    [
      ["tools", true],
      ["run", false],
    ],
    [["run", false]],
    [["run", true]],
  ]);
  const [{ source } = {}] = stackOf(points[0]!);
  expect(source).toMatchObject({ filename: "Dockerfile", ranges: [{ startLine: 3 }] });
  expect(source?.data).toBeUndefined();
});

it("a step has its program, and variables also with = in them or without a value", () => {
  const op = create(OpSchema, {
    platform: { os: "linux", architecture: "arm64" },
    op: {
      case: "exec",
      value: { meta: { args: ["make"], env: ["A=b=c", "B=", "C"], cwd: "/w", user: "7" } },
    },
  });
  const step = { digest: "", name: "", op, source: points[0]!.step.source };
  expect(describeStep(step, 100)).toMatchObject({
    args: ["make"],
    environment: { A: "b=c", B: "", C: "" },
    workingDirectory: "/w",
    user: "7",
    platform: "linux/arm64",
    source: { data: Buffer.from("FROM base\n") },
  });
  expect(describeStep(step, 3).source?.data).toHaveLength(0);
});

it("a RUN step has its own container before it runs, and the files of its stage behind it", () => {
  const image = { result: create(ResultSchema), platform: "" };
  const before = placeAt(points[0]!, [{ name: "/from/0", ref: "tools-ref" }], image);
  expect(before?.container.mounts).toMatchObject([{ dest: "/from/0", resultID: "tools-ref" }]);
  expect(before?.process.args).toEqual(["run"]);
  const behind = placeAt(points.at(-1)!, [{ name: "/", ref: "run-ref" }], image);
  expect(behind?.container.mounts).toMatchObject([{ dest: "/", resultID: "run-ref" }]);
  expect(placeAt(points.at(-1)!, [], image)).toBeUndefined();
});
