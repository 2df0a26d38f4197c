import { logOf } from "./format-text.js";
import { countOutcomes, type Report, type Result } from "./report.js";

/** Formats a report as JUnit XML. */
export function toJunit({ subject, results }: Report): string {
  const { failed, skipped, "not-run": notRun } = countOutcomes(results);
  const seconds = results.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000;
  const attributes = `name=${quoted(subject)} tests="${results.length}" failures="${failed}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<testsuites>",
    `<testsuite ${attributes} skipped="${skipped + notRun}" time="${seconds.toFixed(3)}">`,
    ...results.map(testCase),
    "</testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function testCase({ id, title, rule, outcome, reason, lastLines, milliseconds }: Result): string {
  const head = `<testcase classname=${quoted(id)} name=${quoted(title)} time="${(milliseconds / 1000).toFixed(3)}"`;
  switch (outcome) {
    case "passed":
      return `${head}/>`;
    case "failed":
      return `${head}><failure message=${quoted(reason)}>${escaped([...logOf(lastLines), rule].join("\n"))}</failure></testcase>`;
    case "warned":
      return `${head}><system-out>${escaped([reason, ...logOf(lastLines), rule].join("\n"))}</system-out></testcase>`;
    default:
      return `${head}><skipped message=${quoted(reason)}/></testcase>`;
  }
}

function quoted(text: string): string {
  return `"${escaped(text).replaceAll("\n", "&#10;")}"`;
}

/** Escapes a text for XML, which cannot represent most control characters. */
function escaped(text: string): string {
  return text
    .replace(/[^\P{Cc}\n\t]/gu, "?")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
