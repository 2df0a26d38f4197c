import { visibleLine } from "./visible.js";

/** Layout of columns. */
export interface TableOptions {
  /** Minimum width of a column, including the space after it. */
  minWidth?: number;
  /** Spaces between columns. */
  padding?: number;
}

/**
 * Aligns cells in columns as Go's text/tabwriter does, which docker uses: the last cell of a line belongs to no column,
 * and a column ends at a line that does not reach it. Control characters in cells are shown as escapes.
 */
export function alignColumns(
  given: readonly string[][],
  { minWidth = 0, padding = 1 }: TableOptions = {},
): string {
  const rows = given.map((cells) => cells.map(visibleLine));
  const widths = rows.map((): number[] => []);
  const measure = (first: number, end: number, column: number) => {
    for (let row = first; row < end; row++) {
      if (!reaches(rows[row]!, column)) continue;
      let last = row;
      while (last < end && reaches(rows[last]!, column)) last++;
      const block = rows.slice(row, last);
      const longest = Math.max(...block.map((cells) => cells[column]!.length));
      const width = Math.max(minWidth, longest + padding);
      for (let at = row; at < last; at++) widths[at]![column] = width;
      measure(row, last, column + 1);
      row = last - 1;
    }
  };
  measure(0, rows.length, 0);
  const line = (cells: string[], row: number) =>
    cells.map((cell, column) => cell.padEnd(widths[row]![column] ?? 0)).join("");
  return rows.map((cells, row) => `${line(cells, row)}\n`).join("");
}

function reaches(cells: string[], column: number): boolean {
  return column < cells.length - 1;
}

/** A table as docker prints lists. */
export function table(header: string[], rows: readonly string[][]): string {
  return alignColumns([header, ...rows], { minWidth: 10, padding: 3 });
}
