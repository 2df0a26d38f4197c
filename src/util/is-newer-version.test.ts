import { expect, test } from "vitest";
import { isNewerVersion } from "./is-newer-version.js";

test.each([
  ["0.2.0", "0.1.9"],
  ["0.10.0", "0.9.0"],
  ["1.0.0", "0.99.99"],
  ["1.0.0", "1.0.0-rc.1"],
  ["1.0.1-rc.1", "1.0.0"],
])("%s is newer than %s", (newer, older) => {
  expect(isNewerVersion(newer, older)).toBe(true);
  expect(isNewerVersion(older, newer)).toBe(false);
});

test.each(["1.0.0", "", "1.0", "v2.0.0", "x"])("%j is not newer than 1.0.0", (text) => {
  expect(isNewerVersion(text, "1.0.0")).toBe(false);
  expect(isNewerVersion("2.0.0", text)).toBe(text === "1.0.0");
});
