import type { Row } from "./run-case.js";
import { formatRatio, formatSeconds, formatSize, median, medianSeconds, valuesOf } from "./statistics.js";
import { type Sample, type ToolName, toolNames } from "./tool.js";

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
export function resultTable(rows: readonly Row[]): string {
  return markdownTable(columns, rows.map(cellsOf));
}

/** A Markdown table whose columns except for the first hold figures. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map((_, index) => (index === 0 ? ":--" : "--:")), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function cellsOf(row: Row): string[] {
  const of = (tool: ToolName, pick: (sample: Sample) => number | undefined) => valuesOf(row, tool, pick);
  const [buildx, slipway] = toolNames.map((tool) => medianSeconds(row, tool)) as [number, number];
  const least = (tool: ToolName) => Math.min(...of(tool, ({ seconds }) => seconds));
  return [
    row.title,
    String(row.samples.buildx.length || row.samples.slipway.length),
    formatSeconds(buildx),
    formatSeconds(slipway),
    formatRatio(slipway / buildx),
    formatRatio(least("slipway") / least("buildx")),
    ...toolNames.map((tool) => formatSeconds(median(of(tool, (it) => it.cpuSeconds)))),
    ...toolNames.map((tool) => formatSize(Math.max(...of(tool, (it) => it.clientBytes)))),
    formatSize(Math.max(...of("slipway", (it) => it.hostBytes))),
    formatSize(Math.max(...of("slipway", (it) => it.pluginBytes))),
    formatSize(median(of("slipway", (it) => it.pssBytes))),
  ];
}
