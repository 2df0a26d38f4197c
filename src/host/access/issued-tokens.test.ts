import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { IssuedTokens } from "./issued-tokens.js";

const [old, current] = [randomBytes(32), randomBytes(32)];
const grant = { rule: "main", issuer: "https://id.example", claims: { sub: ["s"] }, expires: 1_800_000_000 };

it("reads what it signed, also with a key that was replaced", () => {
  const token = new IssuedTokens([old]).issue(grant)!;
  expect(new IssuedTokens([current, old]).read(token)).toEqual(grant);
  expect(new IssuedTokens([current]).read(token)).toBeUndefined();
});

it("does not read a token that was changed", () => {
  const tokens = new IssuedTokens([current]);
  const token = tokens.issue(grant)!;
  const forged = Buffer.from(JSON.stringify({ ...grant, rule: "admin" })).toString("base64url");
  for (const wrong of [
    `slipway_oidc_${forged}.${token.split(".")[1]}`,
    `slipway_oidc_${forged}.`,
    `slipway_oidc_${forged}`,
    token.slice("slipway_".length),
    "slipway_oidc_",
    "",
  ])
    expect(tokens.read(wrong)).toBeUndefined();
});

it("issues no token that is too long for a header", () => {
  const claims = { sub: ["s".repeat(8 * 1024)] };
  expect(new IssuedTokens([current]).issue({ ...grant, claims })).toBeUndefined();
});
