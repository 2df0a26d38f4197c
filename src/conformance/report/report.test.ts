import { expect, test } from "vitest";
import { formatResult, formatSummary } from "./format-text.js";
import { toJunit } from "./junit.js";
import type { Outcome, Report, Result } from "./report.js";

const result = (outcome: Outcome, reason = "", lastLines: string[] = []): Result => ({
  id: `DRV-${outcome.toUpperCase()}`,
  title: "A title",
  rule: "docs/driver-protocol.md#errors",
  level: "MUST",
  when: "",
  outcome,
  reason,
  lastLines,
  milliseconds: 1500,
});

const report: Report = {
  subject: "acme 1.0, driver acme",
  results: [
    result("passed"),
    result("failed", 'It said <"no">\n\u0007 & left.', ["leaving <now>"]),
    result("warned", "A warning."),
    result("skipped", "The driver does not advertise tunnel."),
    result("not-run", "A node's configuration is needed."),
  ],
};

test("formats a report as text", () => {
  expect(
    report.results.map(formatResult).join("") + formatSummary(report),
  ).toBe(`✓ DRV-PASSED               A title
✗ DRV-FAILED               A title
    It said <"no">
    \u0007 & left.
    Its last lines on stderr:
      leaving <now>
    See docs/driver-protocol.md#errors
! DRV-WARNED               A title
    A warning.
    See docs/driver-protocol.md#errors
– DRV-SKIPPED              A title
    Skipped. The driver does not advertise tunnel.
· DRV-NOT-RUN              A title

1 checks (·) were not run. A node's configuration is needed.

acme 1.0, driver acme: 1 passed, 1 failed, 1 warned, 1 skipped, 1 not run
`);
});

test("formats a report as JUnit XML", () => {
  expect(toJunit(report)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
<testsuite name="acme 1.0, driver acme" tests="5" failures="1" skipped="2" time="7.500">
<testcase classname="DRV-PASSED" name="A title" time="1.500"/>
<testcase classname="DRV-FAILED" name="A title" time="1.500"><failure message="It said &lt;&quot;no&quot;&gt;&#10;? &amp; left.">Its last lines on stderr:
  leaving &lt;now&gt;
docs/driver-protocol.md#errors</failure></testcase>
<testcase classname="DRV-WARNED" name="A title" time="1.500"><system-out>A warning.
docs/driver-protocol.md#errors</system-out></testcase>
<testcase classname="DRV-SKIPPED" name="A title" time="1.500"><skipped message="The driver does not advertise tunnel."/></testcase>
<testcase classname="DRV-NOT-RUN" name="A title" time="1.500"><skipped message="A node's configuration is needed."/></testcase>
</testsuite>
</testsuites>
`);
});
