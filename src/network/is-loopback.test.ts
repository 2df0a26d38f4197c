import { expect, test } from "vitest";
import { isLoopback } from "./is-loopback.js";

test("recognises loopback addresses", () => {
  for (const host of ["localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"])
    expect(isLoopback(host)).toBe(true);
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "127.evil.example", ""])
    expect(isLoopback(host)).toBe(false);
});
