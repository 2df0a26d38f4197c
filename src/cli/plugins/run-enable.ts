import type { Plugin } from "../../gen/slipway/v1/plugin_pb.js";
import { withHost } from "../host.js";
import { printPlugins } from "./plugin-output.js";

/** `slipway plugins enable NAME…`, `slipway plugins disable NAME…` */
export async function runPluginsEnable(names: string[], enabled: boolean): Promise<void> {
  const changed = await withHost(async (host) => {
    const plugins: Plugin[] = [];
    for (const name of names) plugins.push((await host.plugins.setPluginEnabled({ name, enabled })).plugin!);
    return plugins;
  });
  printPlugins(changed);
}
