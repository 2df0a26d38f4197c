import { expect, test } from "vitest";
import { familiarReference, fullName, parseReference } from "./reference.js";

const hex = "0123456789abcdef".repeat(4);
const digest = `sha256:${hex}`;

test("parses references", () => {
  expect(parseReference(`r.test:5000/a/b:t@${digest}`)).toEqual({
    domain: "r.test:5000",
    path: "a/b",
    tag: "t",
    digest,
  });
  expect(parseReference("alpine")).toEqual({ domain: "docker.io", path: "library/alpine" });
  expect(parseReference("index.docker.io/a")).toEqual({ domain: "docker.io", path: "library/a" });
  expect(parseReference("localhost/a")).toMatchObject({ domain: "localhost", path: "a" });
  expect(parseReference("Host/a")).toMatchObject({ domain: "Host", path: "a" });
  expect(parseReference("[::1]:5000/a")).toMatchObject({ domain: "[::1]:5000", path: "a" });
});

test.each([
  "",
  "Upper",
  "a b",
  "a//b",
  "a/../b",
  "-a",
  "a:",
  "a\n",
  "a..b/c",
  "a@sha256:1",
  `a@md5:${hex}`,
  hex,
])("refuses %j", (text) => expect(parseReference(text)).toBeUndefined());

test.each([
  ["docker.io/library/alpine:3", "alpine:3"],
  ["docker.io/org/app", "org/app"],
  [`r.test/a@${digest}`, `r.test/a@${digest}`],
])("shortens %s to %s", (text, short) => expect(familiarReference(parseReference(text)!)).toBe(short));

test.each([
  ["alpine", "docker.io/library/alpine:latest"],
  ["index.docker.io/org/app:1", "docker.io/org/app:1"],
  [`alpine@${digest}`, `docker.io/library/alpine@${digest}`],
  [digest, digest],
  ["no name", "no name"],
])("completes %s to %s", (text, full) => expect(fullName(text)).toBe(full));
