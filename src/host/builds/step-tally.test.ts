import { create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { expect, it } from "vitest";
import { BuildProgressSchema } from "../../gen/slipway/build/v1/build_progress_pb.js";
import { StepTally } from "./step-tally.js";

it("counts each step once, by how it ended last", () => {
  const tally = new StepTally();
  const endTime = timestampNow();
  const watch = (...vertexes: { id: string; cached?: boolean; error?: string; endTime?: typeof endTime }[]) =>
    tally.watch(create(BuildProgressSchema, { vertexes }));
  watch({ id: "a" }, { id: "b" }, { id: "c", endTime, cached: true });
  expect(tally.counts).toMatchObject({ cachedCount: 1, runCount: 0, failedCount: 0 });
  watch({ id: "a", endTime }, { id: "c", endTime, cached: true });
  watch({ id: "a", endTime }, { id: "b", endTime, error: "exit code: 1" });
  expect(tally.counts).toMatchObject({ cachedCount: 1, runCount: 1, failedCount: 1 });
  tally.watch(create(BuildProgressSchema, { node: "other", vertexes: [{ id: "a", endTime, cached: true }] }));
  expect(tally.counts).toMatchObject({ cachedCount: 2, runCount: 1, failedCount: 1 });
});
