import { join } from "node:path";
import { afterAll, beforeAll, vi } from "vitest";
import { goDriver } from "../../example-drivers/examples.js";
import { stateVariable } from "../../lab/processes.js";
import { buildkit } from "../../lab/recipes/buildkit.js";
import { runc } from "../../lab/recipes/runc.js";
import { cgroupOf, destroyState, makeState } from "../../lab/state.js";
import { testDriver } from "../test-driver.js";

let folder: string;
beforeAll(async () => {
  folder = await makeState("conf");
  vi.stubEnv("XDG_STATE_HOME", join(folder, "s"));
  vi.stubEnv(stateVariable, folder);
}, 600_000);
afterAll(() => destroyState(folder));

testDriver({
  driver: "process",
  folder: goDriver,
  async config() {
    const toml = `[worker.oci]\ndefaultCgroupParent = "${cgroupOf(folder)}"\n`;
    return {
      options: { buildkitd: join(await buildkit(), "buildkitd"), runc: join(await runc(), "runc") },
      daemonFiles: { "buildkitd.toml": Buffer.from(toml).toString("base64") },
    };
  },
});
