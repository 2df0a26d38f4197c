import { expect, it } from "vitest";
import { compatiblePlatforms, normalizePlatform } from "./platform.js";

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

it.each([
  ["linux/amd64", ["linux/amd64", "linux/386"]],
  ["linux/amd64/v3", ["linux/amd64/v3", "linux/amd64/v2", "linux/amd64", "linux/386"]],
  ["linux/arm/v7", ["linux/arm/v7", "linux/arm/v6", "linux/arm/v5"]],
  ["linux/arm64", ["linux/arm64", "linux/arm/v8", "linux/arm/v7", "linux/arm/v6", "linux/arm/v5"]],
  ["linux/riscv64", ["linux/riscv64"]],
])("knows what %s runs, the closest first", (platform, expected) => {
  expect(compatiblePlatforms(platform)).toEqual(expected);
});

it("knows which arm64/v8 an arm64/v9 includes", () => {
  expect(compatiblePlatforms("linux/arm64/v9.1").slice(0, 9)).toEqual(
    ["v9.1", "v9", "v8.6", "v8.5", "v8.4", "v8.3", "v8.2", "v8.1", ""].map((variant) =>
      ["linux/arm64", variant].filter(Boolean).join("/"),
    ),
  );
});
