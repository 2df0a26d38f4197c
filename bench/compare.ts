import { markdownTable } from "./report.js";
import type { Results } from "./results.js";
import type { Row } from "./run-case.js";
import { formatRatio, formatSeconds, median, medianSeconds, valuesOf } from "./statistics.js";

const columns = [
  "engine, case",
  "slipway before",
  "slipway",
  "ratio to buildx before",
  "ratio to buildx",
  "CPU before",
  "CPU",
];

/** A Markdown table of two runs side by side: the rows that both have. */
export function compareResults(before: Results, after: Results): string {
  const pairs = after.engines.flatMap(({ engine, rows }) => {
    const earlier = before.engines.find((one) => one.engine === engine)?.rows ?? [];
    return rows.flatMap((row) => {
      const same = earlier.find(({ title }) => title === row.title);
      return same ? [cells(`${engine}, ${row.title}`, same, row)] : [];
    });
  });
  return markdownTable(columns, pairs);
}

function cells(name: string, before: Row, after: Row): string[] {
  const runs = [before, after];
  const cpu = (row: Row) => median(valuesOf(row, "slipway", ({ cpuSeconds }) => cpuSeconds));
  return [
    name,
    ...runs.map((row) => formatSeconds(medianSeconds(row, "slipway"))),
    ...runs.map((row) => formatRatio(medianSeconds(row, "slipway") / medianSeconds(row, "buildx"))),
    ...runs.map((row) => formatSeconds(cpu(row))),
  ];
}
