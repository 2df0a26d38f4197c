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
  expect(tally.counts).toEqual({ cached: 1, run: 0, failed: 0 });
  watch({ id: "a", endTime }, { id: "c", endTime, cached: true });
  watch({ id: "a", endTime }, { id: "b", endTime, error: "exit code: 1" });
  expect(tally.counts).toEqual({ cached: 1, run: 1, failed: 1 });
});
