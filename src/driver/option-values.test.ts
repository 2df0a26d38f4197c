import { expect, test } from "vitest";
import { formatDuration, parseBytes, parseDuration, parseInteger, parseQuantity } from "./option-values.js";

test.each([
  ["0", 0],
  ["512m", 512 * 1024 ** 2],
  ["2g", 2 * 1024 ** 3],
  ["1.5GiB", 1.5 * 1024 ** 3],
  ["64 kb", 64 * 1024],
  ["17", 17],
])("reads %s bytes", (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes);
});

test.each(["", "m", "-1", "1mm", "1e3", "9999999p"])("refuses %j as bytes", (text) => {
  expect(() => parseBytes(text)).toThrow();
});

// The right column is what Go's time.Duration.String() prints.
test.each([
  ["90s", "1m30s"],
  ["1h", "1h0m0s"],
  ["1.5s", "1.5s"],
  ["250ms", "250ms"],
  ["1m30s", "1m30s"],
  ["-2h45m", "-2h45m0s"],
  ["0", "0s"],
  ["100us", "100µs"],
  ["5ns", "5ns"],
  [".5s", "500ms"],
])("the normal form of the duration %s is %s", (text, normal) => {
  expect(formatDuration(parseDuration(text))).toBe(normal);
  expect(formatDuration(parseDuration(normal))).toBe(normal);
});

test.each(["", "5", "1 m", "1d", "m"])("refuses %j as a duration", (text) => {
  expect(() => parseDuration(text)).toThrow("1m30s");
});

test("limits integers to 64 bits", () => {
  expect(parseInteger("+7")).toBe(7n);
  expect(parseInteger("-9223372036854775808")).toBe(-(2n ** 63n));
  expect(() => parseInteger("9223372036854775808")).toThrow("too large");
});

test.each(["500m", "2Gi", "1e3", ".5", "128"])("accepts the quantity %s", (text) => {
  expect(parseQuantity(text)).toBe(text);
});

test.each(["", "2gi", "half", "1 Gi"])("refuses the quantity %j", (text) => {
  expect(() => parseQuantity(text)).toThrow();
});

test.each([parseBytes, parseDuration, parseInteger, parseQuantity])(
  "refuses a long value in linear time",
  (parse) => {
    expect(() => parse(`${"1".repeat(500_000)}x`)).toThrow();
  },
);
