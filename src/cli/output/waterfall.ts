import { visibleLine } from "./visible.js";

/** A line of a {@link waterfall}. */
export interface WaterfallRow {
  name: string;
  /** How far the name is indented, in columns. */
  depth: number;
  /** In seconds, on a clock that all rows share. */
  start: number;
  end: number;
  /** Character of the bar: `█`, `!` for what failed, `░` for what came from the cache. */
  mark: "█" | "!" | "░";
}

/** Columns of the bars. */
const barWidth = 30;

/** Rows with their durations, and with bars on a time line. */
export function waterfall(rows: readonly WaterfallRow[], width: number): string {
  const { first, total } = spanOf(rows);
  const nameWidth = Math.max(20, width - barWidth - 12);
  return rows
    .map(({ name, depth, start, end, mark }) => {
      const indented = `${" ".repeat(Math.min(depth, 20))}${visibleLine(name)}`;
      const shown = indented.length > nameWidth ? `${indented.slice(0, nameWidth - 1)}…` : indented;
      const from = Math.min(barWidth - 1, Math.floor(((start - first) / total) * barWidth));
      const length = Math.max(1, Math.round(((end - start) / total) * barWidth));
      const bar = `${" ".repeat(from)}${mark.repeat(Math.min(length, barWidth - from))}`;
      return `${shown.padEnd(nameWidth)} ${`${(end - start).toFixed(3)}s`.padStart(9)} ${bar}\n`;
    })
    .join("");
}

/** The first start, and the time from it to the last end, which is never 0. */
export function spanOf(rows: Iterable<{ start: number; end: number }>): { first: number; total: number } {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { start, end } of rows) {
    first = Math.min(first, start);
    last = Math.max(last, end);
  }
  return first <= last ? { first, total: Math.max(last - first, 1e-6) } : { first: 0, total: 1e-6 };
}
