import { expect, test } from "vitest";
import { checkDrivers } from "./capabilities.js";
import type { NativeDriver } from "./driver.js";

const driver: NativeDriver = {
  descriptor: {
    name: "sample",
    capabilities: [{ id: "build.native" }],
    nativeBuild: { fields: ["tags"], outputs: ["oci"] },
  },
  validate: async () => ({}),
  bootstrap: async () => ({}),
  inspect: async () => ({}),
  remove: async () => ({}),
  nativeBuilder: { check: async () => [], build: async () => ({}) },
};

test("a driver that builds says what it can build, and no other driver does", () => {
  expect(() => checkDrivers([driver])).not.toThrow();
  const { nativeBuild, ...silent } = driver.descriptor;
  expect(() => checkDrivers([{ ...driver, descriptor: silent }])).toThrow('and "nativeBuild"');
  const { nativeBuilder: _builder, ...rest } = driver;
  const dialed = { ...rest, acquire: () => Promise.reject(new Error("There is no BuildKit.")) };
  expect(() => checkDrivers([{ ...dialed, descriptor: { name: "sample", nativeBuild } }])).toThrow(
    'and "nativeBuild"',
  );
});
