import { expect, test } from "vitest";
import { checks } from "../../src/conformance/index.js";
import { check, keepZoo, ofOthers } from "./zoo.js";

keepZoo();

const dialled = ["DRV-DIAL", "DRV-DIAL-HALF-CLOSE", "DRV-DIAL-BULK"];

test("a plugin without a fault passes them all", async () => {
  const { plugin, driver, results } = await check("well");
  expect({ plugin, driver }).toEqual({ plugin: "zoo 1.0.0", driver: "zoo" });
  const rest = results.filter(({ outcome }) => outcome !== "passed");
  expect(rest.map(({ id }) => id).sort()).toEqual(Object.values(ofOthers).flat().sort());
  expect(rest.every(({ outcome }) => outcome === "skipped")).toBe(true);
  for (const [other, only] of Object.entries(ofOthers)) {
    const report = await check("well", { only, driver: other });
    expect(report.results.filter(({ outcome }) => outcome !== "passed")).toEqual([]);
  }
});

test("a plugin that advertises nothing skips nothing but what is about that", async () => {
  const { results } = await check("bare");
  const skipped = results.filter(({ outcome }) => outcome === "skipped").map(({ id }) => id);
  // It refuses what it does not take, which is a rule of its own; the SDK makes tunnels for every driver; this test has
  // a backend that cannot be reached; and a plugin without build.native has to dial.
  const also = ["DRV-VALIDATE-DAEMON", "DRV-TUNNEL", "DRV-TUNNEL-BULK", "DRV-UNREACHABLE", ...dialled];
  const about = checks.filter(({ when, id }) => when && !also.includes(id));
  expect(skipped).toEqual(about.map(({ id }) => id));
  expect(results.filter(({ outcome }) => outcome === "not-run")).toEqual([]);
});
