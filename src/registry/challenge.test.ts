import { expect, it } from "vitest";
import { readChallenge } from "./challenge.js";

it.each([
  ['Basic realm="lab"', { scheme: "basic" }],
  [
    'Bearer realm="https://auth.test/token",service="registry.test",scope="repository:a/b:pull,push"',
    {
      scheme: "bearer",
      realm: "https://auth.test/token",
      service: "registry.test",
      scopes: ["repository:a/b:pull,push"],
    },
  ],
  [
    'bearer realm = "https://auth.test/a\\"b", scope="x y", error=invalid_token',
    { scheme: "bearer", realm: 'https://auth.test/a"b', service: "", scopes: ["x", "y"] },
  ],
  ["Bearer service=x", undefined],
  ["Negotiate abc", undefined],
  [undefined, undefined],
])("reads %s", (header, expected) => {
  expect(readChallenge(header)).toEqual(expected);
});

it("reads hostile headers in linear time", () => {
  expect(readChallenge(`Bearer ${"a".repeat(500_000)}`)).toBeUndefined();
});
