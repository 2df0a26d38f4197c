import { expect, it } from "vitest";
import { databaseUrl } from "./database-url.js";

const url = "postgres://slipway@db/slipway";

it("takes the flag, else the variable, which it removes", () => {
  const env = { SLIPWAY_DATABASE_URL: "postgres://slipway:p@db/slipway" };
  expect(databaseUrl(url, { ...env })).toBe(url);
  expect(databaseUrl(undefined, env)).toBe("postgres://slipway:p@db/slipway");
  expect(env).toEqual({});
  expect(databaseUrl(undefined, { SLIPWAY_DATABASE_URL: "" })).toBeUndefined();
});

it.each(["postgres://slipway:secret@db/slipway", "postgres://slipway@db/slipway?password=secret"])(
  "refuses the flag %s",
  (flag) => {
    expect(() => databaseUrl(flag, {})).toThrow("Other users of this machine can see a password");
  },
);
