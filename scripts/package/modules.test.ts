import { expect, test } from "vitest";
import { type LockedPackage, moduleFolders } from "./modules.js";

const x64 = { os: "linux", cpu: "x64" };
const packages: Record<string, LockedPackage> = {
  "": {},
  "node_modules/a": {
    dependencies: { b: "1", c: "1" },
    optionalDependencies: {
      compiled: "1",
      "a-linux-x64": "1",
      "a-linux-x64-musl": "1",
      "a-linux-arm64": "1",
    },
  },
  "node_modules/a/node_modules/b": { dependencies: { c: "1" } },
  "node_modules/b": { dependencies: { unused: "1" } },
  "node_modules/c": { dependencies: { a: "1" } },
  "node_modules/unused": {},
  "node_modules/compiled": {},
  "node_modules/a-linux-x64": { os: ["linux"], cpu: ["x64"] },
  "node_modules/a-linux-x64-musl": { os: ["linux"], cpu: ["x64"], libc: ["musl"] },
  "node_modules/a-linux-arm64": { os: ["linux"], cpu: ["arm64"] },
};

test("modules need their nearest dependencies and the optional ones for the platform", () => {
  expect(moduleFolders(packages, ["a"], x64)).toEqual([
    "node_modules/a",
    "node_modules/a-linux-x64",
    "node_modules/a/node_modules/b",
    "node_modules/c",
  ]);
});

test("a module that is not locked is an error", () => {
  expect(() => moduleFolders({ "node_modules/a": { dependencies: { d: "1" } } }, ["a"], x64)).toThrow(
    "package-lock.json has no d, which node_modules/a needs",
  );
});
