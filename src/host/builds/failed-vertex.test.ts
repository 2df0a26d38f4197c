import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { BuildProgressSchema } from "../../gen/slipway/build/v1/build_progress_pb.js";
import { FailedVertexes } from "./failed-vertex.js";

it("finds the step that a build's error is about", () => {
  const failed = new FailedVertexes();
  expect(failed.of("failed to solve: exit code: 1")).toBe("");
  const vertexes = [
    { id: "sha256:ok" },
    { id: "sha256:cancelled", error: "context canceled" },
    { id: "sha256:first", error: "executor failed: exit code: 1" },
    { id: "sha256:second", error: "not found" },
  ];
  failed.watch(create(BuildProgressSchema, { vertexes }));
  expect(failed.of("failed to solve: not found")).toBe("sha256:second");
  expect(failed.of("failed to solve: executor failed: exit code: 1")).toBe("sha256:first");
  expect(failed.of("something else")).toBe("sha256:first");
});
