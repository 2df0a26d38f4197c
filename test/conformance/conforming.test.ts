import { expect, test } from "vitest";
import { checks } from "../../src/conformance/index.js";
import { buildPlugins, check, checksOfOtherDrivers } from "./plugins.js";

buildPlugins();

const leased = [
  "DRV-ACQUIRE",
  "DRV-ACQUIRE-HALF-CLOSE",
  "DRV-ACQUIRE-BULK",
  "DRV-LEASE-ID",
  "DRV-LEASE-HOLD",
  "DRV-LEASE-RELEASE",
  "DRV-LEASE-BROKEN",
  "DRV-LEASE-EVENTS",
  "DRV-LEASE-PURPOSE",
  "DRV-TUNNEL-LEASE",
];

test("a plugin without a fault passes all checks", async () => {
  const { plugin, driver, results } = await check("conforming");
  expect({ plugin, driver }).toEqual({ plugin: "sample 1.0.0", driver: "sample" });
  const others = results.filter(({ outcome }) => outcome !== "passed");
  expect(others.map(({ id }) => id).sort()).toEqual(Object.values(checksOfOtherDrivers).flat().sort());
  expect(others.every(({ outcome }) => outcome === "skipped")).toBe(true);
  for (const [other, only] of Object.entries(checksOfOtherDrivers)) {
    const report = await check("conforming", { only, driver: other });
    expect(report.results.filter(({ outcome }) => outcome !== "passed")).toEqual([]);
  }
});

test("a plugin whose archives travel by HTTP passes the checks of image stores", async () => {
  const only = checks.map(({ id }) => id).filter((id) => id.startsWith("DRV-STORE"));
  const { results } = await check("over-http", { only });
  expect(results.filter(({ outcome }) => outcome !== "passed")).toEqual([]);
});

test("a plugin without capabilities skips only conditional checks", async () => {
  const { results } = await check("minimal");
  const skipped = results.filter(({ outcome }) => outcome === "skipped").map(({ id }) => id);
  // These conditions hold for the plugin: it refuses daemon settings, the SDK serves tunnels for every driver, the test
  // has an unreachable backend, and a plugin without build.native must serve Acquire.
  const applicable = [
    "DRV-VALIDATE-DAEMON",
    "DRV-TUNNEL",
    "DRV-TUNNEL-BULK",
    "DRV-CALL-UNKNOWN",
    "DRV-UNREACHABLE",
    ...leased,
  ];
  const conditional = checks.filter(({ when, id }) => when && !applicable.includes(id));
  expect(skipped).toEqual(conditional.map(({ id }) => id));
  expect(results.filter(({ outcome }) => outcome === "not-run")).toEqual([]);
});
