import { resolve } from "node:path";
import { PluginState } from "../../gen/slipway/v1/plugin_pb.js";
import { ExitCode } from "../command-error.js";
import { withHost } from "../host.js";
import { printPlugins } from "./plugin-output.js";

/** `slipway plugins install PATH`. Exits with 1 if the plugin is installed but does not start. */
export async function runPluginsInstall(
  path: string,
  { sha256 = "", replace = false }: { sha256?: string; replace?: boolean },
): Promise<void> {
  const digest = sha256 && `sha256:${sha256.replace(/^sha256:/, "")}`;
  const { plugin } = await withHost((host) =>
    host.plugins.installPlugin({ path: resolve(path), digest, replace }),
  );
  printPlugins([plugin!]);
  if (plugin!.state !== PluginState.RUNNING && plugin!.state !== PluginState.IDLE) throw new ExitCode(1);
}
