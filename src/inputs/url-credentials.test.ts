import { expect, it } from "vitest";
import { credentialsIn, withoutCredentials } from "./url-credentials.js";

it.each([
  ["https://user:p@ss@host/x.git", "https://<redacted>@host/x.git"],
  ["https://token@github.com/a/b", "https://<redacted>@github.com/a/b"],
  [
    'get "http://u:p%40@h:8080/y": and ftp://a:b@c',
    'get "http://<redacted>@h:8080/y": and ftp://<redacted>@c',
  ],
  ['{"a":"http://x","b":"y@z"}', '{"a":"http://x","b":"y@z"}'],
  ["https://host:8080/x@y", "https://host:8080/x@y"],
  ["ssh://git@host/x", "ssh://git@host/x"],
  ["git@host:x", "git@host:x"],
  [`docker-image://alpine:3@sha256:${"0".repeat(64)}`, `docker-image://alpine:3@sha256:${"0".repeat(64)}`],
])("removes the credentials of the URLs in %s", (text, shown) => {
  expect(withoutCredentials(text)).toBe(shown);
  expect(withoutCredentials(shown)).toBe(shown);
});

it("takes linear time", () => {
  for (const part of ["a", "a.", "a:", "a://", "://@", "a://b:"]) {
    const text = `://${part.repeat(1 << 18)}`;
    expect(withoutCredentials(text).length).toBeGreaterThan(0);
  }
});

it("finds the credentials of URLs", () => {
  expect(credentialsIn("http://u:p@h ssh://git@h https://t@h")).toEqual(["u:p", "t"]);
});
