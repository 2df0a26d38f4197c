import { expect, test } from "vitest";
import { lockInstance } from "./instance-lock.js";
import { checkSocketPathLength } from "./socket-length.js";

const tooLong = expect.objectContaining({
  rawMessage: expect.stringMatching(/has \d+ bytes; the limit is \d+/),
});

test("a path leaves room for the names of the lock", () => {
  const path = `/tmp/${"x".repeat(80)}`;
  checkSocketPathLength(path);
  expect(() => checkSocketPathLength(path, "x".repeat(20))).toThrow(tooLong);
  expect(() => checkSocketPathLength(`${path}${"x".repeat(20)}`)).toThrow(tooLong);
});

test("nothing is locked on a longer path", async () => {
  await expect(lockInstance(`/tmp/slipway-${"x".repeat(90)}/host.sock`)).rejects.toEqual(tooLong);
});
