import { join } from "node:path";
import { afterAll, beforeAll, vi } from "vitest";
import { freshDriver } from "../../example-drivers/examples.js";
import { stateVariable } from "../../lab/processes.js";
import { buildkit } from "../../lab/recipes/buildkit.js";
import { runc } from "../../lab/recipes/runc.js";
import { destroyState, makeState } from "../../lab/state.js";
import { testDriver } from "../test-driver.js";

let folder: string;
beforeAll(async () => {
  folder = await makeState("conf");
  vi.stubEnv("TMPDIR", folder);
  vi.stubEnv(stateVariable, folder);
}, 600_000);
afterAll(() => destroyState(folder));

testDriver({
  driver: "fresh",
  folder: freshDriver,
  config: async () => ({
    options: { buildkitd: join(await buildkit(), "buildkitd"), runc: join(await runc(), "runc") },
  }),
});
