import type { Row } from "./run-case.js";
import type { Sample, ToolName } from "./tool.js";

/** The median. NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The values of a tool's samples; NaN where there is none. */
export function valuesOf(
  { samples }: Row,
  tool: ToolName,
  pick: (sample: Sample) => number | undefined,
): number[] {
  return samples[tool].map((sample) => pick(sample) ?? Number.NaN);
}

/** Median of wall time in seconds. */
export function medianSeconds(row: Row, tool: ToolName): number {
  return median(valuesOf(row, tool, ({ seconds }) => seconds));
}

/** A number of seconds for people. */
export function formatSeconds(seconds: number): string {
  return known(`${seconds.toFixed(seconds < 1 ? 3 : 2)} s`)(seconds);
}

/** A ratio for people. */
export function formatRatio(value: number): string {
  return known(`${value.toFixed(2)}×`)(value);
}

/** A number of bytes for people. */
export function formatSize(bytes: number): string {
  return known(`${Math.round(bytes / 1024 / 1024)} MiB`)(bytes);
}

const known = (text: string) => (value: number) => (Number.isFinite(value) ? text : "–");
