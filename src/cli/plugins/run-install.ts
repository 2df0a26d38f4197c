import { resolve } from "node:path";
import { PluginState } from "../../gen/slipway/v1/driver_pb.js";
import { ExitCode } from "../command-error.js";
import { withHost } from "../host.js";
import { printPlugins } from "./plugin-output.js";

/** `slipway plugins install PATH`. Exits with 1 if the plugin is installed but does not start. */
export async function runPluginsInstall(
  path: string,
  { sha256 = "", replace = false }: { sha256?: string; replace?: boolean },
): Promise<void> {
  const { plugin } = await withHost((host) =>
    host.drivers.installPlugin({ path: resolve(path), sha256, replace }),
  );
  printPlugins([plugin!]);
  if (plugin!.state !== PluginState.RUNNING && plugin!.state !== PluginState.IDLE) throw new ExitCode(1);
}
