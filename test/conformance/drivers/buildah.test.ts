import { afterAll, beforeAll, vi } from "vitest";
import { typescriptDriver } from "../../example-drivers/examples.js";
import { stateVariable } from "../../lab/processes.js";
import { destroyState, makeState } from "../../lab/state.js";
import { testDriver } from "../test-driver.js";

let folder: string;
beforeAll(async () => {
  folder = await makeState("conf");
  vi.stubEnv("XDG_STATE_HOME", folder);
  vi.stubEnv(stateVariable, folder);
}, 600_000);
afterAll(() => destroyState(folder));

testDriver({ driver: "buildah", folder: typescriptDriver, config: () => ({}) });
