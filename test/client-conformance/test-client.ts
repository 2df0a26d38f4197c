import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  clientChecks,
  formatResult,
  formatSummary,
  runClientConformance,
} from "../../src/conformance/index.js";
import { tables, withColumn } from "../conformance/table.js";

const page = join(import.meta.dirname, "../../docs/conformance.md");

/**
 * Checks a client of this repository, and its column of docs/conformance.md against the results. Each client has its own
 * test file, as drivers have; `-u` writes the column.
 *
 * @param build builds the program for the kit, and returns its command
 */
export function testClient(language: string, build: () => Promise<[string, ...string[]]>): void {
  test(`the client in ${language} conforms, and docs/conformance.md has its results`, async () => {
    const command = await build();
    // Checks mostly wait.
    const reports = await Promise.all(
      groups(3).map((only) => runClientConformance({ command, cwd: import.meta.dirname, only })),
    );
    const report = { ...reports[0]!, results: reports.flatMap(({ results }) => results) };
    process.stdout.write(formatSummary(report));
    const violations = report.results.filter(({ outcome }) => outcome !== "passed");
    expect(violations.map(formatResult).join("")).toBe("");
    const text = withColumn(readFileSync(page, "utf8"), tables.clients, language, report.results);
    await expect(text).toMatchFileSnapshot(page);
  }, 1_500_000);
}

/** The ids of all checks, in groups that can run at the same time. */
function groups(count: number): string[][] {
  const ids = clientChecks.map(({ id }) => id);
  return Array.from({ length: count }, (_, group) => ids.filter((_, index) => index % count === group));
}
