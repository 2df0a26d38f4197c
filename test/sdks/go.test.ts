import { join } from "node:path";
import { test } from "vitest";
import { withLock } from "../lab/cache.js";
import { must } from "../lab/run.js";

const sdk = join(import.meta.dirname, "../../sdk/go");

test("the SDK for Go passes its own tests", async () => {
  const env = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "" };
  // One Go build at a time, as in the lab.
  await withLock("go", async () => {
    await must("nice", ["go", "vet", "./..."], { cwd: sdk, env });
    await must("nice", ["go", "test", "./..."], { cwd: sdk, env });
  });
}, 300_000);
