import { expect, test } from "vitest";
import { SecretText } from "./secret-text.js";

const endsOf = (secret: string, text: string) => [...new SecretText(secret).ends(text)];

test.each([
  ["abab", "ababab abab", [4, 6, 11]],
  ["aaaa", "aaaaaa", [4, 5, 6]],
  ["abcd", "abcabcd", [7]],
  ["abcd", "none", []],
  [`${"x".repeat(40)}y`, `${"x".repeat(50)}y${"x".repeat(40)}`, [51]],
])("finds %j in %j", (secret, text, ends) => {
  expect(endsOf(secret, text)).toEqual(ends);
  expect(new SecretText(secret).isIn(text)).toBe(ends.length > 0);
});

test.each([
  ["abcd", "xabc", 3],
  ["abcd", "abcd", 0],
  ["abab", "abab", 2],
  ["abcd", "ab", 2],
  ["abcd", "", 0],
])("finds how much of %j begins at the end of %j", (secret, text, length) => {
  expect(new SecretText(secret).begunIn(text)).toBe(length);
});

test("takes linear time", () => {
  const many = "a".repeat(1_000_000);
  const secret = new SecretText(`${"a".repeat(499_999)}b`);
  expect(secret.isIn(many)).toBe(false);
  expect(secret.begunIn(many)).toBe(499_999);
  expect(endsOf("a".repeat(500_000), many)).toHaveLength(500_001);
});
