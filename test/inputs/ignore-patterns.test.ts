import { expect, test } from "vitest";
import { compareWithMoby } from "../../fuzz/ignore-patterns.js";

// `npm run fuzz -- --only ignore-patterns` requires 10 ms. A slow machine may take longer; time that grows with the
// product of pattern and path would be seconds.
const slowMachineMs = 200;

test("matches ignore files as moby/patternmatcher does, and no pattern takes long", async () => {
  const { runs, differences, slow } = await compareWithMoby(20_000, 20_261_129);
  expect(runs).toBe(20_000);
  expect(differences).toEqual([]);
  expect(slow.filter(({ ms }) => ms > slowMachineMs)).toEqual([]);
}, 600_000);
