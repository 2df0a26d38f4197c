import { countOutcomes, type Outcome, type Report, type Result } from "./report.js";

/** Symbols of the outcomes. */
export const marks: Record<Outcome, string> = {
  passed: "✓",
  failed: "✗",
  warned: "!",
  skipped: "–",
  "not-run": "·",
};

/** One result as text. The lines below a failure or warning have the reason and the rule. */
export function formatResult({ id, title, rule, outcome, reason, lastLines }: Result): string {
  const line = `${marks[outcome]} ${id.padEnd(24)} ${title}\n`;
  if (outcome === "passed" || outcome === "not-run") return line;
  const text =
    outcome === "skipped" ? `Skipped. ${reason}` : [reason, ...logOf(lastLines), `See ${rule}`].join("\n");
  return `${line}${text.replace(/^/gm, "    ")}
`;
}

/** What the program logged meanwhile, for a failed check. */
export function logOf(lastLines: readonly string[]): string[] {
  return lastLines.length > 0 ? ["Its last lines on stderr:", ...lastLines.map((line) => `  ${line}`)] : [];
}

/** The last lines: why checks were not run, and the number of checks by outcome. */
export function formatSummary({ subject, broken, results }: Report): string {
  const { passed, failed, warned, skipped, "not-run": notRun } = countOutcomes(results);
  const why = results.find(({ outcome }) => outcome === "not-run")?.reason;
  const incomplete = why ? `\n${notRun} checks (·) were not run. ${why}\n` : "";
  const name = broken ? "Not started" : subject;
  return `${incomplete}\n${name}: ${passed} passed, ${failed} failed, ${warned} warned, ${skipped} skipped, ${notRun} not run\n`;
}

/** Rows of texts, one per line, in columns. */
export function formatRows(rows: readonly string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd();
  return rows.map((row) => `${line(row)}\n`).join("");
}
