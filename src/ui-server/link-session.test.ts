import { expect, test } from "vitest";
import { LinkSession } from "./link-session.js";

test("a link begins one session", () => {
  const session = new LinkSession();
  expect(session.begin(undefined)).toBeUndefined();
  expect(session.begin("guess")).toBeUndefined();
  const token = session.begin(session.link);
  expect(token).toMatch(/^[\w-]{43}$/);
  expect([session.allows(token), session.allows(session.link), session.allows(undefined)]).toEqual([
    true,
    false,
    false,
  ]);
});

test("a link that is used again ends the session that it began", () => {
  const session = new LinkSession();
  const token = session.begin(session.link);
  expect(session.begin(session.link)).toBeUndefined();
  expect(session.allows(token)).toBe(false);
  expect(session.begin(session.link)).toBeUndefined();
});
