import type { DiskUsageSample } from "../gen/slipway/v1/builder_pb.js";
import { millis } from "./format.js";

/** The part of a kind in a stacked chart. */
export interface UsageArea {
  kind: string;
  /** The outline of its area, for the attribute `d` of a path. */
  path: string;
}

/** A build cache over time. */
export interface UsageChart {
  /** Its samples in bytes, the oldest first; the sizes are in the order of the areas. */
  rows: { time: number; total: number; sizes: number[] }[];
  /** The largest total, in bytes. */
  most: number;
  /** The largest kind first, which is at the bottom. */
  areas: UsageArea[];
}

/** Stacks the kinds of a build cache over time, in an area with the origin at the top left. */
export function usageChart(
  samples: readonly DiskUsageSample[],
  { width, height }: { width: number; height: number },
): UsageChart {
  const peaks = new Map<string, number>();
  for (const { sizeBytes } of samples)
    for (const [kind, size] of Object.entries(sizeBytes))
      peaks.set(kind, Math.max(peaks.get(kind) ?? 0, Number(size)));
  const kinds = [...peaks].sort(([, a], [, b]) => b - a).map(([kind]) => kind);
  const rows = samples.map(({ time, sizeBytes }) => {
    const sizes = kinds.map((kind) => Number(sizeBytes[kind] ?? 0));
    return { time: time ? millis(time) : 0, total: sizes.reduce((sum, size) => sum + size, 0), sizes };
  });
  const most = Math.max(1, ...rows.map(({ total }) => total));
  const [first, last] = [rows[0]?.time ?? 0, rows.at(-1)?.time ?? 0];
  const point = (time: number, bytes: number) => {
    const x = last > first ? ((time - first) / (last - first)) * width : 0;
    return `${x.toFixed(1)},${(height - (bytes / most) * height).toFixed(1)}`;
  };
  const below = rows.map(() => 0);
  const areas = kinds.map((kind, index) => {
    const floor = rows.map(({ time }, at) => point(time, below[at]!)).reverse();
    const top = rows.map(({ time, sizes }, at) => {
      below[at]! += sizes[index]!;
      return point(time, below[at]!);
    });
    return { kind: kind || "other", path: `M${[...top, ...floor].join("L")}Z` };
  });
  return { rows, most, areas };
}
