import { join } from "node:path";
import { test } from "vitest";
import { withLock } from "../lab/cache.js";
import { tempDir } from "../lab/index.js";
import { must } from "../lab/run.js";
import { mustBuildOnHost, mustConform } from "./sample.js";

const sdk = join(import.meta.dirname, "../../sdk/go");

/** Runs the program go; one Go build at a time, as in the lab. */
const go = (...args: string[]) =>
  withLock("go", () =>
    must("nice", ["go", ...args], { cwd: sdk, env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "" } }),
  );

test("the SDK for Go passes its own tests", async () => {
  await go("vet", "./...");
  await go("test", "./...");
}, 900_000);

test("a driver with the SDK for Go that builds by itself and has an image store builds and conforms", async () => {
  const folder = await tempDir();
  await go("build", "-trimpath", "-o", join(folder, "sample"), "./internal/sample");
  await mustBuildOnHost(["./sample"], folder);
  await mustConform(["./sample"], folder);
}, 900_000);
