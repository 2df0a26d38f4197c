import { expect, test } from "vitest";
import { ago, bytes, duration } from "./format.js";

test("durations", () => {
  const cases = [-5, 0, 440, 59_940, 60_000, 245_000, 3_600_000, 7_620_000];
  expect(cases.map(duration)).toEqual([
    "0.0s",
    "0.0s",
    "0.4s",
    "59.9s",
    "1m 00s",
    "4m 05s",
    "1h 00m",
    "2h 07m",
  ]);
});

test("sizes", () => {
  expect([0, 999, 1000, 1_500_000, 999_600, 5e15].map(bytes)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "1.5 MB",
    "1.0 MB",
    "5000 TB",
  ]);
});

test("times in the past, and in the future of a clock that is wrong", () => {
  const now = Date.UTC(2026, 0, 2);
  const before = (minutes: number) => ago(now - minutes * 60_000, now);
  expect([before(-10), before(0), before(5), before(200), before(3000)]).toEqual([
    "just now",
    "just now",
    "5 min ago",
    "3 h ago",
    "2025-12-30",
  ]);
});
