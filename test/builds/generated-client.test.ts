import { cp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { contextOf } from "../host/build.js";
import { engineEnvironment, startHost } from "../host/host.js";
import { baseImageName, must } from "../lab/index.js";

const root = join(import.meta.dirname, "../..");

it("a client with only stubs generated from proto/ builds from an uploaded context", async () => {
  // Beside the example, where its packages and proto/ are found; without stubs that were generated before.
  const folder = join(root, "examples/clients", `test-${process.pid}`);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await cp(join(root, "examples/clients/generated"), folder, {
    recursive: true,
    filter: (path) => !path.endsWith("/gen"),
  });
  await must("npx", ["buf", "generate"], { cwd: folder });
  expect(await readFile(join(folder, "main.ts"), "utf8")).not.toContain("src/");

  const host = await startHost();
  const env = { ...process.env, ...engineEnvironment("engine20") };
  const tag = "slipway.test/generated:1";
  const context = await contextOf({
    Dockerfile: `FROM ${baseImageName}\nCOPY greeting /\nCMD ["cat", "/greeting"]\n`,
    greeting: `hello ${Date.now()}`,
  });
  const { stdout } = await must("npx", ["tsx", "main.ts", host.socket, context, tag], { cwd: folder, env });
  expect(stdout).toMatch(/^built: sha256:[0-9a-f]{64}$/m);
  const run = await must("docker", ["run", "--rm", "--network", "none", tag], { env });
  expect(run.stdout).toBe(await readFile(join(context, "greeting"), "utf8"));
});
