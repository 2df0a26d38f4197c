import { describe, expect, test } from "vitest";
import { parseBool } from "./parse-bool.js";
import { parseByteSize } from "./parse-byte-size.js";
import { parseDuration } from "./parse-duration.js";
import { parseUlimit } from "./parse-ulimit.js";
import { wholeNumber } from "./whole-number.js";

// The expected values are those of Go's parsers.
describe("parseBool", () => {
  test.each(["1", "t", "T", "true", "TRUE", "True"])("%s", (text) => expect(parseBool(text)).toBe(true));
  test.each(["0", "f", "F", "false", "FALSE", "False"])("%s", (text) => expect(parseBool(text)).toBe(false));
  test.each(["", "yes", "tRUE", " true"])("%j is refused", (text) =>
    expect(() => parseBool(text)).toThrow("boolean"),
  );
});

describe("parseByteSize", () => {
  test.each([
    ["32", 32],
    ["32b", 32],
    ["32B", 32],
    ["32k", 32 * 1024],
    ["32kb", 32 * 1024],
    ["32KiB", 32 * 1024],
    ["64m", 64 * 1024 ** 2],
    ["1g", 1024 ** 3],
    ["2 GiB", 2 * 1024 ** 3],
    ["32.5kB", 32.5 * 1024],
    ["0.3", 0],
    [".5k", 512],
    ["1t", 1024 ** 4],
    ["1p", 1024 ** 5],
    ["1e3", 1000],
    ["+5", 5],
  ])("%s = %d", (text, bytes) => expect(parseByteSize(text)).toBe(bytes));

  test.each([
    "",
    "hello",
    "-32",
    "32bb",
    "32kk",
    "32kbb",
    "32 b ",
    " 32",
    "32kib2",
    "1e",
    "Inf",
    "9000p",
    "32mebi",
  ])("%j is refused", (text) => expect(() => parseByteSize(text)).toThrow("is not a size"));
});

describe("parseDuration", () => {
  test.each([
    ["0", 0],
    ["5s", 5000],
    ["1478s", 1_478_000],
    ["+5s", 5000],
    ["-5.5s", -5500],
    ["-0", 0],
    [".5s", 500],
    ["1.s", 1000],
    ["10ms", 10],
    ["2h45m", 9_900_000],
    ["3h30s", 10_830_000],
    ["12µs", 0.012],
    ["12us", 0.012],
    ["10s5s", 15_000],
  ])("%s = %d ms", (text, ms) => expect(parseDuration(text)).toBeCloseTo(ms, 9));

  test.each(["", "3", "-", "s", ".", ".s", "1d", "5 s", "s5", "1.2.3s", "--5s"])("%j is refused", (text) =>
    expect(() => parseDuration(text)).toThrow("is not a duration"),
  );
});

describe("parseUlimit", () => {
  test.each([
    ["nofile=1024", { name: "nofile", soft: 1024n }],
    ["nofile=512:1024", { name: "nofile", soft: 512n, hard: 1024n }],
    ["core=-1", { name: "core", soft: -1n }],
    ["core=0:-1", { name: "core", soft: 0n, hard: -1n }],
  ])("%s", (text, ulimit) => expect(parseUlimit(text)).toEqual(ulimit));

  test.each([
    ["nofile", "form"],
    ["nofile=", "form"],
    ["nofile=a", "form"],
    ["nofile=1:2:3", "form"],
    ["files=1", "use one of"],
    ["nofile=1024:1", "exceed"],
    ["nofile=-1:1024", "exceed"],
  ])("%s is refused", (text, reason) => expect(() => parseUlimit(text)).toThrow(reason));
});

describe("wholeNumber", () => {
  test.each([
    ["-2", -2],
    ["0", 0],
    ["10", 10],
  ])("%s", (text, number) => expect(wholeNumber(-2, 10)(text)).toBe(number));

  test.each(["-3", "11", "", "1.5", "1e1", " 1", "0x1", "+1", "1".repeat(16)])("%j is refused", (text) =>
    expect(() => wholeNumber(-2, 10)(text)).toThrow("is not a whole number from -2 to 10."),
  );
});
