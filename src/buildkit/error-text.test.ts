import { expect, test } from "vitest";
import { errorText } from "./error-text.js";

test.each([
  ["FailedPrecondition: The login failed.", "The login failed."],
  ["failed to authorize: FailedPrecondition: The login failed.", "failed to authorize: The login failed."],
  ["rpc error: code = Unavailable desc = NotFound: no such file", "no such file"],
  ["Internal: Unavailable: gone", "gone"],
  ["docker.io/library/a:1: not found", "docker.io/library/a:1: not found"],
  ['process "/bin/sh -c echo: NotFound: x" failed', 'process "/bin/sh -c echo: NotFound: x" failed'],
])("of %j leaves the message", (text, message) => {
  expect(errorText(text)).toBe(message);
});

test("takes linear time", () => {
  const text = `${"a: ".repeat(500_000)}"`;
  expect(errorText(text)).toBe(text);
});
