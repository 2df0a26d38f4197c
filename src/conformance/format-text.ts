import { countOutcomes, type Outcome, type Report, type Result } from "./report.js";

const marks: Record<Outcome, string> = {
  passed: "✓",
  failed: "✗",
  warned: "!",
  skipped: "–",
  "not-run": "·",
};

/** One result for people; what went wrong or was skipped has its reason below it, and the rule's place. */
export function formatResult({ id, title, rule, outcome, reason }: Result): string {
  const line = `${marks[outcome]} ${id.padEnd(24)} ${title}\n`;
  if (outcome === "passed" || outcome === "not-run") return line;
  const text =
    outcome === "skipped"
      ? `skipped: ${reason}`
      : `${reason}
see ${rule}`;
  return `${line}${text.replace(/^/gm, "    ")}
`;
}

/** The last line: how many checks ended in each way. */
export function formatSummary({ plugin, driver, results }: Report): string {
  const { passed, failed, warned, skipped, "not-run": notRun } = countOutcomes(results);
  const subject = plugin ? `${plugin}, driver ${driver}` : "the plugin could not be started";
  const why = results.find(({ outcome }) => outcome === "not-run")?.reason;
  const how = why
    ? `\n${notRun} checks (·) were not run: ${why}. See --config in slipway conformance --help.\n`
    : "";
  return `${how}\n${subject}: ${passed} passed, ${failed} failed, ${warned} warned, ${skipped} skipped, ${notRun} not run\n`;
}
