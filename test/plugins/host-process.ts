/** A host with one plugin in use, for tests that kill it: prints the plugin's process id and waits. */
import { createLog } from "../../src/host/base/log.js";
import { PluginManager } from "../../src/host/plugins/plugin-manager.js";

const [folder = "", runtimeDir = ""] = process.argv.slice(2);
const manager = await PluginManager.open({
  searchPath: [{ path: folder }],
  runtimeDir,
  host: { name: "test", version: "0.0.0" },
  capabilities: [],
  log: createLog("error"),
});
await manager.use(manager.driverNames()[0]!.driver);
process.stdout.write(`${manager.list()[0]!.pid}\n`);
setInterval(() => {}, 1000);
