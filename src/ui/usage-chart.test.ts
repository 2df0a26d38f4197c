import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, it } from "vitest";
import { DiskUsageSampleSchema } from "../gen/slipway/v1/builder_pb.js";
import { usageChart } from "./usage-chart.js";

const sample = (at: number, sizeBytes: Record<string, bigint>) =>
  create(DiskUsageSampleSchema, { time: timestampFromMs(at), sizeBytes });
const size = { width: 100, height: 10 };

it("stacks the kinds of a build cache over time, the largest at the bottom", () => {
  const chart = usageChart(
    [
      sample(1000, { regular: 6n, "": 2n }),
      sample(2000, { regular: 4n }),
      sample(5000, { "": 4n, regular: 16n }),
    ],
    size,
  );
  expect(chart.most).toBe(20);
  expect(chart.rows).toEqual([
    { time: 1000, total: 8, sizes: [6, 2] },
    { time: 2000, total: 4, sizes: [4, 0] },
    { time: 5000, total: 20, sizes: [16, 4] },
  ]);
  expect(chart.areas).toEqual([
    { kind: "regular", path: "M0.0,7.0L25.0,8.0L100.0,2.0L100.0,10.0L25.0,10.0L0.0,10.0Z" },
    { kind: "other", path: "M0.0,6.0L25.0,8.0L100.0,0.0L100.0,2.0L25.0,8.0L0.0,7.0Z" },
  ]);
});

it("takes no sample, one, samples without a size, and clocks that were set", () => {
  expect(usageChart([], size)).toEqual({ rows: [], most: 1, areas: [] });
  expect(usageChart([sample(1000, {})], size).areas).toEqual([]);
  const set = usageChart([sample(2000, { a: 1n }), sample(1000, { a: 1n })], size);
  expect(set.areas[0]!.path).not.toMatch(/NaN|Infinity/);
});
