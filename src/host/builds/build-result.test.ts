import { expect, it } from "vitest";
import { buildResult } from "./build-result.js";

const names = (response: Record<string, string>, given: string[] = []) =>
  buildResult({ response, outcomes: [], cacheOnly: false, given }).imageNames;
const digest = { "containerimage.digest": "sha256:1" };

it.each([
  ["docker.io/rust/names:1", "docker.io/rust/names:1"],
  ["rust/names:1", "docker.io/rust/names:1"],
  ["app", "docker.io/library/app:latest"],
  ["localhost:5000/app:1", "localhost:5000/app:1"],
])("the name %s has the form %s", (name, full) => {
  expect(names({ ...digest, "image.name": name })).toEqual([full]);
  // An engine whose BuildKit does not report names.
  expect(names(digest, [name, full])).toEqual([full]);
});

it("a build without an image has no names", () => {
  expect(names({}, ["app"])).toEqual([]);
});
