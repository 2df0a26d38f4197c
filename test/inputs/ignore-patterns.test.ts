import { expect, test } from "vitest";
import { compareWithMoby } from "../../fuzz/ignore-patterns.js";

test("matches ignore files as moby/patternmatcher does, each in at most 10 ms of CPU time", async () => {
  const { runs, differences, slow } = await compareWithMoby(20_000, 20_261_129);
  expect(runs).toBe(20_000);
  expect(differences).toEqual([]);
  expect(slow).toEqual([]);
}, 600_000);
