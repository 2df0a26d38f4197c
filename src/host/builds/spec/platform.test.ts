import { expect, it } from "vitest";
import { normalizePlatform } from "./platform.js";

it.each([
  ["linux/amd64", "linux/amd64"],
  ["linux/x86_64", "linux/amd64"],
  ["linux/aarch64", "linux/arm64"],
  ["linux/arm64/v8", "linux/arm64"],
  ["linux/arm", "linux/arm/v7"],
  ["linux/arm/6", "linux/arm/v6"],
  ["linux/amd64/v3", "linux/amd64/v3"],
  ["Windows/AMD64", "windows/amd64"],
  ["arm64", "linux/arm64"],
  ["armhf", "linux/arm/v7"],
  ["linux/pdp11", undefined],
  ["beos/amd64", undefined],
  ["linux/amd64/v3/x", undefined],
  ["linux/arm64/../x", undefined],
  ["", undefined],
])("reads %s as %s", (text, normal) => {
  expect(normalizePlatform(text)).toBe(normal);
});
