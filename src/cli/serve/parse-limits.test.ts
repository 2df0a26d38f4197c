import { expect, test } from "vitest";
import { InputError } from "../../errors/input-error.js";
import { parseLimits } from "./parse-limits.js";

test("parses numbers, sizes and no limit; flags win over the variable", () => {
  expect(parseLimits([], undefined)).toEqual({});
  expect(parseLimits(["builds=20", "upload-bytes=1.5GiB", "kept-log=unlimited", "kept-age=36h"], "")).toEqual(
    {
      builds: 20,
      "upload-bytes": 3 << 29,
      "kept-log": Number.POSITIVE_INFINITY,
      "kept-age": 129_600_000,
    },
  );
  expect(parseLimits(["builds=20"], " builds=5, build-log=1m ,")).toEqual({
    builds: 20,
    "build-log": 1 << 20,
  });
});

test("the short form of running-builds wins", () => {
  expect(parseLimits(["running-builds=20"], "running-builds=30", "4")).toEqual({ "running-builds": 4 });
  expect(parseLimits([], "", "unlimited")).toEqual({ "running-builds": Number.POSITIVE_INFINITY });
  expect(() => parseLimits([], "", "0")).toThrow(
    expect.objectContaining({ reason: "SERVE_FLAGS_INVALID", field: "--max-running-builds" }),
  );
});

test.each([
  ["build=20", /"build=20" is not NAME=VALUE with the name of a limit/, /builds, principal-builds/],
  ["builds", /"builds" is not NAME=VALUE with the name of a limit/, /NAME=VALUE/],
  ["__proto__=1", /is not NAME=VALUE with the name of a limit/, /NAME=VALUE/],
  ["builds=0", /"0" is not a valid value for the limit builds/, /positive whole number, or unlimited/],
  ["builds=-1", /"-1" is not a valid value/, /positive/],
  ["builds=1.5", /"1.5" is not a valid value/, /positive/],
  ["builds=1m", /"1m" is not a valid value/, /positive/],
  ["build-log=", /"" is not a valid value/, /512MiB/],
  ["kept-age=7", /"7" is not a valid value/, /720h/],
  ["kept-age=-1h", /"-1h" is not a valid value/, /720h/],
  ["build-log=much", /"much" is not a valid value/, /512MiB/],
])("refuses %s", (text, message, remedy) => {
  for (const [field, parse] of [
    ["--limit", () => parseLimits([text])],
    ["SLIPWAY_LIMITS", () => parseLimits([], text)],
  ] as const) {
    try {
      parse();
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      expect(error).toMatchObject({
        reason: "SERVE_FLAGS_INVALID",
        field,
        message: expect.stringMatching(message),
        remedy: expect.stringMatching(remedy),
      });
    }
  }
});
