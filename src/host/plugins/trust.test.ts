import { expect, test } from "vitest";
import { distrustOwnership } from "./trust.js";

const own = 1000;

test.each([
  [{ uid: 0, gid: 0, mode: 0o755 }, undefined],
  [{ uid: own, gid: 100, mode: 0o644 }, undefined],
  [{ uid: own, gid: own, mode: 0o664 }, undefined],
  [{ uid: 0, gid: 0, mode: 0o775 }, undefined],
  [{ uid: own, gid: 100, mode: 0o664 }, "/f can be written by group 100; run: chmod g-w /f"],
  [{ uid: 0, gid: own, mode: 0o775 }, "/f can be written by group 1000; run: chmod g-w /f"],
  [{ uid: own, gid: own, mode: 0o646 }, "/f can be written by everybody; run: chmod o-w /f"],
  [{ uid: 1001, gid: own, mode: 0o644 }, "/f belongs to user 1001, and neither to root nor to user 1000"],
])("%o is judged", (ownership, reason) => {
  expect(distrustOwnership("/f", ownership, own)).toBe(reason);
});
