import { expect, it } from "vitest";
import { newBuildId } from "./build-id.js";

const now = Date.parse("2026-12-01T00:00:00Z");

it("ids sort by age", () => {
  const ids = [now, now + 1, now + 86_400_000].map((time) => newBuildId("", time));
  expect([...ids].sort()).toEqual(ids);
  for (const id of ids) expect(id).toMatch(/^[0-9a-z]{25}$/);
});

it("a new id sorts after the newest one, even if the clock was set back", () => {
  const ids = [newBuildId("", now)];
  for (let count = 0; count < 20; count += 1) ids.push(newBuildId(ids.at(-1), now - 86_400_000));
  expect([...ids].sort()).toEqual(ids);
});
