import { expect, test } from "vitest";
import { nearest } from "./nearest.js";

test.each([
  ["memroy", "memory"],
  ["MEMORY", "memory"],
  ["cpu-quta", "cpu-quota"],
  ["imag", "image"],
  ["completely-else", undefined],
  ["x", undefined],
])("%s means %s", (typed, meant) => {
  expect(nearest(typed, ["memory", "cpu-quota", "image", "network"])).toBe(meant);
});
