import type { Check, Report } from "../../src/conformance/index.js";
import { checks, marks } from "../../src/conformance/index.js";

/** Start of the table. */
const marker = "<!-- What follows is made by the tests in test/conformance/drivers -->\n";

/** The columns before the drivers. */
const fixed = ["check", "rule", "applies to"];

/** The page with a driver's column from the report; the rest is unchanged. */
export function withColumn(page: string, { driver, results }: Report): string {
  const end = page.indexOf(marker) + marker.length;
  if (end < marker.length) throw new Error("the page has no marker for the table");
  const known = readTable(page.slice(end));
  known.set(driver, new Map(results.map(({ id, outcome }) => [id, marks[outcome]])));
  const columns = [...known].sort(([a], [b]) => (a < b ? -1 : 1));
  const head = [...fixed, ...columns.map(([name]) => name)];
  const rows = checks.map((check) => [
    ...describe(check),
    ...columns.map(([, column]) => column.get(check.id) ?? ""),
  ]);
  return `${page.slice(0, end)}\n${[head, head.map(() => "---"), ...rows].map(line).join("")}`;
}

/** The drivers with a column. */
export function driversIn(page: string): string[] {
  return [...readTable(page.slice(page.indexOf(marker))).keys()];
}

function describe({ id, title, rule, level, when }: Check): string[] {
  const scope = `${when?.text ?? "all"}${level ? ` (${level})` : ""}`;
  return [`[${id}](driver-protocol.md#${rule})`, title, scope];
}

/** Marks by driver and check. */
function readTable(text: string): Map<string, Map<string, string>> {
  const [head = [], , ...rows] = text
    .split("\n")
    .filter((row) => row.startsWith("| "))
    .map((row) => row.slice(2, -2).split(" | "));
  const drivers = head.slice(fixed.length);
  const idOf = ([name = ""]: string[]) => /^\[(.*?)\]/.exec(name)?.[1] ?? "";
  return new Map(
    drivers.map((driver, index) => [
      driver,
      new Map(rows.map((cells) => [idOf(cells), cells[fixed.length + index]!])),
    ]),
  );
}

function line(cells: string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
}
