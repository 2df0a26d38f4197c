import { onTestFinished } from "vitest";
import { createLog } from "../../src/host/base/log.js";
import { PluginManager } from "../../src/host/plugins/plugin-manager.js";
import { tempDir } from "../lab/index.js";

/** A plugin manager with one plugin, closed when the test ends. */
export async function manage(plugin: string, env?: NodeJS.ProcessEnv) {
  const manager = await PluginManager.open({
    searchPath: [{ path: plugin }],
    runtimeDir: await tempDir(),
    host: { name: "test", version: "0.0.0" },
    capabilities: [],
    log: createLog("error"),
    env,
  });
  onTestFinished(() => manager.close());
  return manager;
}
