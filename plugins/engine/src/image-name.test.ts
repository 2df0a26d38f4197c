import { expect, it } from "vitest";
import { parseImageName } from "./image-name.js";

const hex = "0123456789abcdef".repeat(4);

it.each([
  ["busybox", { repository: "busybox", registry: "docker.io" }],
  [
    "127.0.0.1:5000/team/app:v1.2_X",
    { repository: "127.0.0.1:5000/team/app", tag: "v1.2_X", registry: "127.0.0.1:5000" },
  ],
  ["[::1]:5000/app", { repository: "[::1]:5000/app", registry: "[::1]:5000" }],
  [
    `docker.io/library/app:1@sha256:${hex}`,
    { repository: "docker.io/library/app", tag: "1", digest: `sha256:${hex}`, registry: "docker.io" },
  ],
  [hex, { repository: hex, registry: "docker.io" }],
  [`sha256:${hex}`, { repository: "sha256", tag: hex, registry: "docker.io" }],
])("splits %s", (name, parts) => {
  expect(parseImageName(name)).toEqual(parts);
});

it.each([
  "",
  "UPPER",
  "../containers/x",
  "a/../b",
  "a?x=1",
  "a b",
  "a:",
  "-a",
  "a//b",
  "a#b",
  "a\n",
  "a..b.example/c",
  `a@md5:${hex}`,
])("refuses %j", (name) => {
  expect(() => parseImageName(name)).toThrow("is not an image name or id");
});
