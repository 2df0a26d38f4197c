import type { Outcome } from "../../host/diagnosis/finding.js";
import type { Result } from "../../host/diagnosis/run-check.js";
import { jsonLine } from "../output/format.js";
import { type Group, groups } from "./doctor-check.js";

/** A check and what it found; undefined while it runs. */
export interface Progress {
  id: string;
  group: Group;
  results: readonly Result[] | undefined;
}

const marks: Record<Outcome, string> = { ok: "✓", warning: "!", problem: "✗", skipped: "–" };

/** The report for people. Checks that still run are shown by their id. */
export function reportText(progress: readonly Progress[]): string {
  const sections = groups.flatMap((group) => {
    const lines = progress.filter((check) => check.group === group).flatMap(linesOf);
    return lines.length > 0 ? [`${group}\n${lines.join("")}`] : [];
  });
  const isDone = progress.every(({ results }) => results);
  return `${sections.join("\n")}${isDone ? `\n${summary(progress)}\n` : ""}`;
}

function linesOf({ id, results }: Progress): string[] {
  if (!results) return [`  … ${id}\n`];
  return results.map(({ outcome, message, remedy }) => {
    const hint = remedy ? `      → ${remedy}\n` : "";
    return `  ${marks[outcome]} ${message.replaceAll("\n", "\n    ")}\n${hint}`;
  });
}

function summary(progress: readonly Progress[]): string {
  const { warning, problem } = countsOf(progress);
  const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;
  if (problem + warning === 0) return "Everything is in order.";
  return `${count(problem, "problem")}, ${count(warning, "warning")}.`;
}

/** How many results have each outcome. */
export function countsOf(progress: readonly Progress[]): Record<Outcome, number> {
  const counts = { ok: 0, warning: 0, problem: 0, skipped: 0 };
  for (const { results } of progress) for (const { outcome } of results ?? []) counts[outcome]++;
  return counts;
}

/** The report for programs; docs/cli.md describes it. */
export function reportJson(progress: readonly Progress[]): string {
  const counts = countsOf(progress);
  const outcome = counts.problem > 0 ? "problem" : counts.warning > 0 ? "warning" : "ok";
  const results = progress.flatMap(({ group, results = [] }) =>
    results.map((result) => ({
      Check: result.check,
      Group: group,
      Outcome: result.outcome,
      Message: result.message,
      Remedy: result.remedy || undefined,
      Reason: result.reason || undefined,
    })),
  );
  const { ok: passed, warning: warnings, problem: problems, skipped } = counts;
  return jsonLine({
    SchemaVersion: 1,
    Outcome: outcome,
    Counts: { OK: passed, Warning: warnings, Problem: problems, Skipped: skipped },
    Results: results,
  });
}
