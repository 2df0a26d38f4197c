import { expect, test } from "vitest";
import { formatResult, formatSummary } from "./format-text.js";
import { toJunit } from "./junit.js";
import type { Outcome, Report, Result } from "./report.js";

const result = (outcome: Outcome, reason = ""): Result => ({
  id: `DRV-${outcome.toUpperCase()}`,
  title: "it is so",
  rule: "docs/driver-protocol.md#errors",
  level: "MUST",
  when: "",
  outcome,
  reason,
  milliseconds: 1500,
});

const report: Report = {
  plugin: "acme 1.0",
  driver: "acme",
  results: [
    result("passed"),
    result("failed", 'it said <"no">\n\u0007 & left'),
    result("warned", "hm"),
    result("skipped", "the driver does not advertise tunnel"),
    result("not-run", "it needs a node's configuration"),
  ],
};

test("the report for people", () => {
  expect(
    report.results.map(formatResult).join("") + formatSummary(report),
  ).toBe(`✓ DRV-PASSED               it is so
✗ DRV-FAILED               it is so
    it said <"no">
    \u0007 & left
    see docs/driver-protocol.md#errors
! DRV-WARNED               it is so
    hm
    see docs/driver-protocol.md#errors
– DRV-SKIPPED              it is so
    skipped: the driver does not advertise tunnel
· DRV-NOT-RUN              it is so

1 checks (·) were not run: it needs a node's configuration. See --config in slipway conformance --help.

acme 1.0, driver acme: 1 passed, 1 failed, 1 warned, 1 skipped, 1 not run
`);
});

test("the report as JUnit XML", () => {
  expect(toJunit(report)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
<testsuite name="acme 1.0 acme" tests="5" failures="1" skipped="2" time="7.500">
<testcase classname="DRV-PASSED" name="it is so" time="1.500"/>
<testcase classname="DRV-FAILED" name="it is so" time="1.500"><failure message="it said &lt;&quot;no&quot;&gt;&#10;? &amp; left">docs/driver-protocol.md#errors</failure></testcase>
<testcase classname="DRV-WARNED" name="it is so" time="1.500"><system-out>hm
docs/driver-protocol.md#errors</system-out></testcase>
<testcase classname="DRV-SKIPPED" name="it is so" time="1.500"><skipped message="the driver does not advertise tunnel"/></testcase>
<testcase classname="DRV-NOT-RUN" name="it is so" time="1.500"><skipped message="it needs a node's configuration"/></testcase>
</testsuite>
</testsuites>
`);
});
