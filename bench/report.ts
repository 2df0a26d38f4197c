import type { Row } from "./run-case.js";
import { type Sample, type ToolName, toolNames } from "./tool.js";

/** The results of one engine. */
export interface EngineReport {
  /** Version that the engine reports. */
  engine: string;
  rows: Row[];
}

/** The median. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const columns = [
  "case",
  "n",
  "buildx",
  "slipway",
  "ratio",
  "ratio of minima",
  "CPU buildx",
  "CPU slipway",
  "peak buildx",
  "peak CLI",
  "peak host",
  "peak plugins",
  "PSS host and plugins",
];

/** A Markdown table: medians of wall and CPU time, the ratio of wall times, and maximum memory. */
export function markdownTable(rows: readonly Row[]): string {
  const lines = [columns, columns.map((_, index) => (index === 0 ? ":--" : "--:")), ...rows.map(cellsOf)];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function cellsOf({ title, samples }: Row): string[] {
  const of = (tool: ToolName, pick: (sample: Sample) => number | undefined) =>
    samples[tool].map((sample) => pick(sample) ?? Number.NaN);
  const seconds = toolNames.map((tool) => of(tool, (it) => it.seconds)) as [number[], number[]];
  const [buildx, slipway] = seconds.map(median) as [number, number];
  const [leastBuildx, leastSlipway] = seconds.map((values) => Math.min(...values)) as [number, number];
  return [
    title,
    String(samples.buildx.length || samples.slipway.length),
    duration(buildx),
    duration(slipway),
    ratio(slipway / buildx),
    ratio(leastSlipway / leastBuildx),
    ...toolNames.map((tool) => duration(median(of(tool, (it) => it.cpuSeconds)))),
    ...toolNames.map((tool) => size(Math.max(...of(tool, (it) => it.clientBytes)))),
    size(Math.max(...of("slipway", (it) => it.hostBytes))),
    size(Math.max(...of("slipway", (it) => it.pluginBytes))),
    size(median(of("slipway", (it) => it.pssBytes))),
  ];
}

const known = (text: string) => (value: number) => (Number.isFinite(value) ? text : "–");
const duration = (seconds: number) => known(`${seconds.toFixed(seconds < 1 ? 3 : 2)} s`)(seconds);
const ratio = (value: number) => known(`${value.toFixed(2)}×`)(value);
const size = (bytes: number) => known(`${Math.round(bytes / 1024 / 1024)} MiB`)(bytes);
