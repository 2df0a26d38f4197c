/** Prints the last line of `npm test` from vitest's JSON results. Fails if a test failed or did not run. */
import { readFile } from "node:fs/promises";
import type { JsonTestResults } from "vitest/reporters";

const file = process.argv[2];
if (!file) throw new Error("usage: tsx scripts/test-summary.ts VITEST.json");
const results: JsonTestResults = JSON.parse(await readFile(file, "utf8"));

const tests = results.testResults.flatMap(({ name, assertionResults }) =>
  assertionResults.map(({ status, fullName }) => ({ status, title: `${name}: ${fullName}` })),
);
const passed = tests.filter(({ status }) => status === "passed");
const failed = tests.filter(({ status }) => status === "failed");
const skipped = tests.filter(({ status }) => status !== "passed" && status !== "failed");
// A file that fails outside of its tests, in its top-level code or hooks.
const brokenFiles = results.testResults.filter(
  ({ status, assertionResults }) =>
    status === "failed" && !assertionResults.some((test) => test.status === "failed"),
);

for (const { status, title } of skipped) console.log(`not run (${status}): ${title}`);
for (const { name } of brokenFiles) console.log(`failed outside of tests: ${name}`);
const failures = failed.length + brokenFiles.length;
console.log(`${passed.length} passed, ${failures} failed, ${skipped.length} skipped`);
if (failures > 0 || skipped.length > 0 || passed.length === 0) process.exitCode = 1;
