import {
  type Check,
  type CheckInfo,
  type ClientCheck,
  checks,
  clientChecks,
  marks,
  type Result,
} from "../../src/conformance/index.js";

/** A table of docs/conformance.md: a row for each check, and a column for each program that a test checks. */
interface Table {
  /** Folder of the tests that make it. */
  folder: string;
  /** Head and cells of the columns before the programs. The first cell begins with the check's id in brackets. */
  head: string[];
  rows: Map<string, string[]>;
}

const scopeOf = (level: CheckInfo["level"] | undefined, when = "all") =>
  `${when}${level ? ` (${level})` : ""}`;

const driverRow = ({ id, title, rule, level, when }: Check) => [
  `[${id}](driver-protocol.md#${rule})`,
  title,
  scopeOf(level, when?.text),
];
const clientRow = ({ id, title, rule, level }: ClientCheck) => [`[${id}](${rule})`, title, scopeOf(level)];

export const tables = {
  drivers: {
    folder: "test/conformance/drivers",
    head: ["check", "rule", "applies to"],
    rows: new Map(checks.map((check) => [check.id, driverRow(check)])),
  },
  clients: {
    folder: "test/client-conformance/clients",
    head: ["check", "rule", "applies to"],
    rows: new Map(clientChecks.map((check) => [check.id, clientRow(check)])),
  },
} satisfies Record<string, Table>;

/** The page with a program's column from the results; the rest is unchanged. */
export function withColumn(page: string, table: Table, name: string, results: readonly Result[]): string {
  const { start, end } = placeOf(page, table);
  const known = readTable(page.slice(start, end), table);
  known.set(name, new Map(results.map(({ id, outcome }) => [id, marks[outcome]])));
  const columns = [...known].sort(([a], [b]) => (a < b ? -1 : 1));
  const head = [...table.head, ...columns.map(([column]) => column)];
  const rows = [...table.rows].map(([id, cells]) => [
    ...cells,
    ...columns.map(([, column]) => column.get(id) ?? ""),
  ]);
  const text = [head, head.map(() => "---"), ...rows].map(line).join("");
  return `${page.slice(0, start)}\n${text}${page.slice(end)}`;
}

/** The programs with a column. */
export function columnsOf(page: string, table: Table): string[] {
  const { start, end } = placeOf(page, table);
  return [...readTable(page.slice(start, end), table).keys()];
}

function placeOf(page: string, { folder }: Table): { start: number; end: number } {
  const first = `<!-- made by the tests in ${folder} -->\n`;
  const start = page.indexOf(first) + first.length;
  const end = page.indexOf("<!-- /made -->", start);
  if (start < first.length || end < 0) throw new Error(`the page has no place for the table of ${folder}`);
  return { start, end };
}

/** Marks by program and check. */
function readTable(text: string, { head }: Table): Map<string, Map<string, string>> {
  const [columns = [], , ...rows] = text
    .split("\n")
    .filter((row) => row.startsWith("| "))
    .map((row) => row.slice(2, -2).split(" | "));
  const idOf = ([name = ""]: string[]) => /^\[(.*?)\]/.exec(name)?.[1] ?? "";
  return new Map(
    columns
      .slice(head.length)
      .map((name, index) => [name, new Map(rows.map((cells) => [idOf(cells), cells[head.length + index]!]))]),
  );
}

function line(cells: string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
}
