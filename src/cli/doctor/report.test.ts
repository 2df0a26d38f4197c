import { expect, it } from "vitest";
import { type Progress, reportJson, reportText } from "./report.js";

const progress: Progress[] = [
  {
    id: "node-version",
    group: "Programs",
    results: [{ check: "node-version", outcome: "ok", message: "It is." }],
  },
  {
    id: "socket",
    group: "Connection",
    results: [{ check: "socket", outcome: "warning", message: "It is stale.", remedy: "Run a command." }],
  },
  {
    id: "builders",
    group: "Builders",
    results: [
      { check: "builders", outcome: "problem", message: "It is down.", remedy: "Start it.", reason: "DOWN" },
      { check: "builders", outcome: "skipped", message: "Not checked." },
    ],
  },
];

it("groups the results, and says what to do", () => {
  expect(reportText(progress)).toBe(`Programs
  ✓ It is.

Connection
  ! It is stale.
      → Run a command.

Builders
  ✗ It is down.
      → Start it.
  – Not checked.

1 problem, 1 warning.
`);
  const waiting = reportText([...progress, { id: "plugins", group: "Plugins", results: undefined }]);
  expect(waiting).toContain("Plugins\n  … plugins\n");
  expect(waiting).not.toContain("1 problem");
  expect(reportText([progress[0]!])).toContain("\nEverything is in order.\n");
});

it("has a stable form for programs", () => {
  expect(JSON.parse(reportJson(progress))).toEqual({
    SchemaVersion: 1,
    Outcome: "problem",
    Counts: { OK: 1, Warning: 1, Problem: 1, Skipped: 1 },
    Results: [
      { Check: "node-version", Group: "Programs", Outcome: "ok", Message: "It is." },
      {
        Check: "socket",
        Group: "Connection",
        Outcome: "warning",
        Message: "It is stale.",
        Remedy: "Run a command.",
      },
      {
        Check: "builders",
        Group: "Builders",
        Outcome: "problem",
        Message: "It is down.",
        Remedy: "Start it.",
        Reason: "DOWN",
      },
      { Check: "builders", Group: "Builders", Outcome: "skipped", Message: "Not checked." },
    ],
  });
  expect(JSON.parse(reportJson([progress[0]!]))).toMatchObject({ Outcome: "ok" });
});
