import { expect, it } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { checkPrincipals } from "./allowed-principals.js";

it("takes principals of every kind and groups, each once", () => {
  const all = ["local", "token:ci", "certificate:build.example", "oidc:app-main:acme/app:x", "group:team-a"];
  expect(checkPrincipals([...all, "token:ci"])).toEqual(all);
});

it.each([
  "",
  "ci",
  "oidc:main",
  "oidc:main:",
  "oidc:a b:c",
  "anonymous:192.0.2.1",
  `token:${"x".repeat(257)}`,
])("refuses %j", (principal) => {
  let error: unknown;
  try {
    checkPrincipals(["local", principal]);
  } catch (cause) {
    error = cause;
  }
  const { reason, fields } = readTypedError(error);
  expect({ reason, field: fields?.[0]?.field }).toEqual({
    reason: "PRINCIPAL_INVALID",
    field: "allowed_principals[1]",
  });
});
