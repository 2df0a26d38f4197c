/** Prints the conformance table of the tested drivers from vitest's JSON results. */
import { readFile } from "node:fs/promises";
import type { JsonTestResults } from "vitest/reporters";
import { checks, marks, type Outcome } from "../src/conformance/index.js";

interface Column {
  driver: string;
  outcomes: Record<string, Outcome>;
}

const file = process.argv[2];
if (!file) throw new Error("usage: tsx scripts/conformance-table.ts VITEST.json");
const { testResults }: JsonTestResults = JSON.parse(await readFile(file, "utf8"));
const columns = testResults
  .flatMap(({ assertionResults }) => assertionResults)
  .map(({ meta }) => (meta as { conformance?: Column }).conformance)
  .filter((column) => column !== undefined)
  .sort((a, b) => (a.driver < b.driver ? -1 : 1));

if (columns.length > 0) {
  const width = Math.max(...checks.map(({ id }) => id.length));
  const row = (name: string, cells: string[]) =>
    [name.padEnd(width), ...cells.map((cell, index) => cell.padEnd(columns[index]!.driver.length))]
      .join("  ")
      .trimEnd();
  console.log(
    row(
      "conformance of drivers",
      columns.map(({ driver }) => driver),
    ),
  );
  for (const { id } of checks) {
    console.log(
      row(
        id,
        columns.map(({ outcomes }) => marks[outcomes[id] ?? "not-run"]),
      ),
    );
  }
  console.log(
    Object.entries(marks)
      .map(([outcome, mark]) => `${mark} ${outcome}`)
      .join("  "),
  );
}
