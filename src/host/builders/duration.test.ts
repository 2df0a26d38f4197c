import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { expect, it } from "vitest";
import { timeoutOf } from "./duration.js";

it("takes the timeout of a request up to the maximum, and otherwise the default", () => {
  const hour = durationFromMs(3_600_000);
  expect(timeoutOf({ timeout: durationFromMs(500) }, 60_000)).toBe(500);
  expect(timeoutOf({ timeout: hour }, 60_000)).toBe(60_000);
  expect(timeoutOf({ timeout: hour }, 60_000, 20_000)).toBe(60_000);
  expect(timeoutOf({}, 60_000)).toBe(60_000);
  expect(timeoutOf({}, 60_000, 20_000)).toBe(20_000);
});
