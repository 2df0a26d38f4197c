import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { indexTypes } from "./media-types.js";
import { mergeIndexes } from "./merge-indexes.js";

const [oci, docker] = indexTypes;
const manifest = (name: string, platform = name) => ({
  mediaType: "m",
  digest: `sha256:${name}`,
  size: 1,
  platform: { os: "linux", architecture: platform },
});
const index = (mediaType: string, manifests: object[], annotations?: object) =>
  Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests, annotations }));

it("keeps every manifest once, in order, and all annotations", () => {
  const { descriptor, bytes } = mergeIndexes([
    index(oci, [manifest("a"), manifest("att-a", "unknown")], { x: "1" }),
    index(oci, [manifest("b"), manifest("a")], { y: "2" }),
  ]);
  expect(JSON.parse(String(bytes))).toEqual({
    schemaVersion: 2,
    mediaType: oci,
    manifests: [manifest("a"), manifest("att-a", "unknown"), manifest("b")],
    annotations: { x: "1", y: "2" },
  });
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  expect(descriptor).toEqual({ mediaType: oci, digest, size: bytes.length });
});

it("makes docker's manifest list only if all inputs are such lists", () => {
  const typeOf = (...types: string[]) =>
    mergeIndexes(types.map((type) => index(type, [manifest("a")]))).descriptor.mediaType;
  expect(typeOf(docker, docker)).toBe(docker);
  expect(typeOf(docker, oci)).toBe(oci);
});

it.each(["{}", "null", "{", '{"manifests":[null]}', '{"manifests":[],"annotations":{"a":null}}'])(
  "refuses %s, which is no index",
  (text) => {
    expect(() => mergeIndexes([Buffer.from(text)])).toThrow("The image index of a node is malformed");
  },
);
