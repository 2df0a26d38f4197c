import { expect, test } from "vitest";
import { withPeriod } from "./with-period.js";

test.each([
  ["it exited with code 1", "it exited with code 1."],
  ["The plugin is too old.", "The plugin is too old."],
  ["please wait …", "please wait …"],
])("%s", (text, sentence) => {
  expect(withPeriod(text)).toBe(sentence);
});
