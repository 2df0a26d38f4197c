import { expect, test } from "vitest";
import { compareWithMoby } from "../../fuzz/ignore-patterns.js";

test("matches ignore files as moby/patternmatcher does, in time proportional to the path", async () => {
  const { differences, slowestMs } = await compareWithMoby(20_000, 20_261_129);
  expect(differences).toEqual([]);
  expect(slowestMs).toBeLessThan(10);
}, 600_000);
