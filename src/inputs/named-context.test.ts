import { expect, test } from "vitest";
import { namedContextName, parseNamedContext, parseNamedContextSource } from "./named-context.js";

const digest = `sha256:${"a".repeat(64)}`;

test.each([
  ["alpine", "alpine"],
  ["alpine:latest", "alpine"],
  ["alpine:3.19", "alpine:3.19"],
  ["docker.io/library/alpine", "alpine"],
  ["docker.io/org/app", "org/app"],
  ["index.docker.io/org/app:1", "org/app:1"],
  ["localhost:5000/a/b:c", "localhost:5000/a/b:c"],
  [`r.test/a@${digest}`, `r.test/a@${digest}`],
  ["my_stage", "my_stage"],
])("the name %s is looked up as %s", (name, key) => expect(namedContextName(name)).toBe(key));

test.each(["Upper", "a b", "", "a//b", "-a", "a:", "a@sha256:1", "b".repeat(64).replaceAll("b", "f")])(
  "the name %j is refused",
  (name) =>
    expect(() => namedContextName(name)).toThrow(
      expect.objectContaining({ reason: "NAMED_CONTEXT_INVALID" }),
    ),
);

test.each([
  ["docker-image://alpine:3", { kind: "image", ref: "alpine:3" }],
  ["docker-image:scratch", { kind: "image", ref: "scratch" }],
  ["docker-daemon:alpine:3", { kind: "stored-image", name: "alpine:3" }],
  ["oci-layout:///path/to/oci", { kind: "oci-layout", path: "/path/to/oci" }],
  ["oci-layout:///path:1.3", { kind: "oci-layout", path: "/path", tag: "1.3" }],
  [`oci-layout:///path@${digest}`, { kind: "oci-layout", path: "/path", digest }],
  [`oci-layout:///p/@/layout@${digest}`, { kind: "oci-layout", path: "/p/@/layout", digest }],
  ["oci-layout:///p/@/layout:1", { kind: "oci-layout", path: "/p/@/layout", tag: "1" }],
  ["oci-layout://a:1.3", { kind: "oci-layout", path: "a", tag: "1.3" }],
  ["oci-layout://C:\\oci:1.3", { kind: "oci-layout", path: "C:\\oci", tag: "1.3" }],
  ["oci-layout://C:/oci", { kind: "oci-layout", path: "C:/oci" }],
  ["../lib", { kind: "path", path: "../lib" }],
  ["https://h/x.git#main", { kind: "url", context: expect.objectContaining({ kind: "git", ref: "main" }) }],
  ["https://h/x.tar", { kind: "url", context: { kind: "http", url: "https://h/x.tar" } }],
])("%s", (value, source) => expect(parseNamedContextSource("n", value)).toEqual(source));

test.each([
  "docker-image://",
  "docker-daemon:",
  "docker-image://UPPER",
  `oci-layout://p@sha256:${"a".repeat(32)}`,
  "oci-layout://",
  "target:x",
  "",
])("the value %j is refused", (value) =>
  expect(() => parseNamedContextSource("n", value)).toThrow(
    expect.objectContaining({ reason: "NAMED_CONTEXT_INVALID", field: "build_contexts[n]" }),
  ),
);

test("a flag has name and value", () => {
  expect(parseNamedContext("alpine:latest=docker-image://busybox")).toEqual({
    name: "alpine",
    source: { kind: "image", ref: "busybox" },
  });
  expect(() => parseNamedContext("./dir")).toThrow(/name=value/);
});
