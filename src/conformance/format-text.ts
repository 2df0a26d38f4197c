import type { Check } from "./check.js";
import { countOutcomes, describeCheck, type Outcome, type Report, type Result } from "./report.js";

/** Symbols of the outcomes. */
export const marks: Record<Outcome, string> = {
  passed: "✓",
  failed: "✗",
  warned: "!",
  skipped: "–",
  "not-run": "·",
};

/** One result as text. The lines below a failure or warning have the reason and the rule. */
export function formatResult({ id, title, rule, outcome, reason }: Result): string {
  const line = `${marks[outcome]} ${id.padEnd(24)} ${title}\n`;
  if (outcome === "passed" || outcome === "not-run") return line;
  const text =
    outcome === "skipped"
      ? `Skipped. ${reason}`
      : `${reason}
See ${rule}`;
  return `${line}${text.replace(/^/gm, "    ")}
`;
}

/** The last lines: why checks were not run, and the number of checks by outcome. */
export function formatSummary({ plugin, driver, broken, results }: Report): string {
  const { passed, failed, warned, skipped, "not-run": notRun } = countOutcomes(results);
  const subject = broken ? "The plugin could not be started" : `${plugin}, driver ${driver}`;
  const why = results.find(({ outcome }) => outcome === "not-run")?.reason;
  const how = broken ? "" : " See --config in slipway conformance --help.";
  const incomplete = why ? `\n${notRun} checks (·) were not run. ${why}${how}\n` : "";
  return `${incomplete}\n${subject}: ${passed} passed, ${failed} failed, ${warned} warned, ${skipped} skipped, ${notRun} not run\n`;
}

/** All checks, one per line: id, level, condition, need and title. */
export function formatList(checks: readonly Check[]): string {
  const rows = checks.map((check) => {
    const { id, level, when, title } = describeCheck(check);
    return [id, level, when || "every plugin", needOf(check), title];
  });
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd();
  return rows.map((row) => `${line(row)}\n`).join("");
}

/** What a check needs: a node on a live backend, a configuration that Validate accepts, or nothing. */
export function needOf({ backend, sample }: Check): "" | "backend" | "config" {
  if (backend) return "backend";
  return sample ? "config" : "";
}
