import { expect, test } from "vitest";
import { compareWithMoby } from "../../fuzz/ignore-patterns.js";

// A pattern that takes exponential time does not end within the limit of the test.
test("matches ignore files as moby/patternmatcher does", async () => {
  const { runs, differences } = await compareWithMoby(20_000, 20_261_129);
  expect(runs).toBe(20_000);
  expect(differences).toEqual([]);
}, 600_000);
