import { expect, test } from "vitest";
import { distrustOwnership } from "./trust.js";

const own = 1000;

test.each([
  [{ uid: 0, gid: 0, mode: 0o755 }, undefined],
  [{ uid: own, gid: 100, mode: 0o644 }, undefined],
  [{ uid: own, gid: own, mode: 0o664 }, undefined],
  [{ uid: 0, gid: 0, mode: 0o775 }, undefined],
  [{ uid: own, gid: 100, mode: 0o664 }, "/f is writable by group 100; run: chmod g-w /f"],
  [{ uid: 0, gid: own, mode: 0o775 }, "/f is writable by group 1000; run: chmod g-w /f"],
  [{ uid: own, gid: own, mode: 0o646 }, "/f is writable by everyone; run: chmod o-w /f"],
  [{ uid: 1001, gid: own, mode: 0o644 }, "/f belongs to user 1001, not to root or user 1000"],
])("checks %o", (ownership, reason) => {
  expect(distrustOwnership("/f", ownership, own)).toBe(reason);
});
