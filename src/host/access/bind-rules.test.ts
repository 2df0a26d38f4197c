import { expect, it } from "vitest";
import { type BindRule, bind, canName, claimTexts, matchesGlob } from "./bind-rules.js";

const rule: BindRule = {
  name: "main",
  issuer: "github",
  claims: { repository_id: "42", ref: "refs/heads/*" },
  principal: "{repository_id}",
  role: "builder",
  groups: [],
};
const bound = (claims: object, changes: Partial<BindRule> = {}) => {
  const changed = { ...rule, ...changes };
  return bind(changed, claimTexts(changed, { ...claims }));
};

it.each([
  ["a", "a", true],
  ["a", "ab", false],
  ["a*", "a", true],
  ["*b", "aab", true],
  ["a*b*c", "axxbyyc", true],
  ["a*b*c", "axxcyyb", false],
  ["ab*ba", "aba", false],
  ["*", "", true],
  ["*b*", "abc", true],
  ["a*bc*c", "abc", false],
  ["refs/heads/*", "refs/tags/v1", false],
  ["a.c", "abc", false],
  [`${"*a".repeat(200)}b`, "a".repeat(5000), false],
])("%j matches %j: %s", (pattern, text, expected) => {
  expect(matchesGlob(pattern, text)).toBe(expected);
});

it("binds by all claims, of which lists match by one element", () => {
  expect(bound({ repository_id: "42", ref: "refs/heads/x" })).toBe("oidc:main:42");
  expect(bound({ repository_id: 42, ref: "refs/heads/x" })).toBe("oidc:main:42");
  expect(bound({ repository_id: "42", ref: ["refs/tags/1", "refs/heads/x"] })).toBe("oidc:main:42");
  expect(bound({ repository_id: "43", ref: "refs/heads/x" })).toBeUndefined();
  expect(bound({ repository_id: "42" })).toBeUndefined();
  expect(bound({ repository_id: "42", ref: { toString: "refs/heads/x" } })).toBeUndefined();
});

it("takes a number only if it is exact, since two ids must not be one", () => {
  const changes = { claims: { id: "9007199254740992" }, principal: "{id}" };
  expect(bound({ id: "9007199254740992" }, changes)).toBe("oidc:main:9007199254740992");
  expect(bound(JSON.parse('{"id":9007199254740993}'), changes)).toBeUndefined();
  expect(bound({ id: 1e21 }, { claims: { id: "*" }, principal: "{id}" })).toBeUndefined();
  expect(bound({ id: 2 ** 53 - 1 }, { claims: { id: "*" }, principal: "{id}" })).toBe(
    "oidc:main:9007199254740991",
  );
});

it("makes no principal of claims that are missing, empty or several", () => {
  const changes = { claims: { ref: "*" }, principal: "{org}-{sub}" };
  expect(bound({ ref: "r", org: "o", sub: "s" }, changes)).toBe("oidc:main:o-s");
  expect(bound({ ref: "r", org: "o" }, changes)).toBeUndefined();
  expect(bound({ ref: "r", org: "", sub: "s" }, changes)).toBeUndefined();
  expect(bound({ ref: "r", org: ["o", "p"], sub: "s" }, changes)).toBeUndefined();
});

it("finds nested claims by JSON pointers, and nothing of prototypes", () => {
  const claims = { "kubernetes.io": { namespace: "ci", "a/b": "c" }, sub: "s" };
  const nested = (path: string, value: string) =>
    bound(claims, { claims: { [path]: value }, principal: "{sub}" });
  expect(nested("/kubernetes.io/namespace", "ci")).toBe("oidc:main:s");
  expect(nested("/kubernetes.io/a~1b", "c")).toBe("oidc:main:s");
  expect(nested("/kubernetes.io/namespace/length", "*")).toBeUndefined();
  expect(nested("/constructor/name", "*")).toBeUndefined();
  expect(nested("toString", "*")).toBeUndefined();
});

it.each([
  ["", "empty"],
  ["a\nb", "a line break"],
  ["a\u001b[31mb", "an escape"],
  ["a\u202eb", "a change of direction"],
  ["a\ud800b", "half a character"],
  ["a".repeat(513), "too long"],
  ["\u00e9".repeat(257), "too long in UTF-8"],
])("makes no principal with the name %j: %s", (sub) => {
  expect(bound({ sub }, { claims: { sub: "*" }, principal: "{sub}" })).toBeUndefined();
});

it("compares claims exactly", () => {
  const changes = { claims: { sub: "caf\u00e9" }, principal: "{sub}" };
  expect(bound({ sub: "caf\u00e9" }, changes)).toBe("oidc:main:caf\u00e9");
  for (const sub of ["cafe\u0301", "CAF\u00c9", "caf\u00e9 "])
    expect(bound({ sub }, changes)).toBeUndefined();
});

it("knows of a name whether its rule can still make it", () => {
  const changed = { ...rule, principal: "{repository_id}/{sub}" };
  expect(canName(changed, "42/x")).toBe(true);
  expect(canName(changed, "43/x")).toBe(false);
  expect(canName({ ...rule, principal: "{toString}" }, "x")).toBe(true);
});
