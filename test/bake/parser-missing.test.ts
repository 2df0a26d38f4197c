import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import type { PlanInput } from "../../src/bake/plan-bake.js";
import type { WorkerAnswer } from "../../src/bake/plan-in-worker.js";
import { packageRoot } from "../../src/util/package-root.js";
import { tempDir } from "../lab/index.js";

/** The answer of the planning thread of an installation without packages. */
async function planned(file: { name: string; text: string }): Promise<WorkerAnswer> {
  const folder = await tempDir();
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  await cp(join(packageRoot(), "dist/bake-worker.js"), join(folder, "dist/bake-worker.js"));
  await cp(join(packageRoot(), "dist/chunks"), join(folder, "dist/chunks"), { recursive: true });
  const workerData: PlanInput = {
    files: [file],
    targets: ["app"],
    overrides: [],
    variables: {},
    environment: {},
    dotEnv: {},
    builtIn: {},
    contextUrl: "",
    listOnly: false,
  };
  const worker = new Worker(join(folder, "dist/bake-worker.js"), { workerData });
  try {
    return await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
  } finally {
    await worker.terminate();
  }
}

test("an installation without the parser of HCL says so, and reads what needs none", async () => {
  const hcl = await planned({ name: "docker-bake.hcl", text: 'target "app" {}' });
  expect(hcl).toEqual({ unavailable: expect.stringContaining("@cdktn/hcl2json") });
  expect(await planned({ name: "docker-bake.json", text: '{"target":{"app":{}}}' })).toHaveProperty(
    "response",
  );
  const compose = { name: "compose.yaml", text: "services: { app: { build: . } }" };
  expect(await planned(compose)).toHaveProperty("response");
});
