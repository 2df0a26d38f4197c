import { withHost } from "../host.js";
import { allPlugins } from "../list-all.js";
import { jsonLine, parseListFormat } from "../output/format.js";
import { print } from "../output/print.js";
import { pluginJson, printPlugins } from "./plugin-output.js";

/** `slipway plugins`: lists all plugins, with the reasons of unusable ones. */
export async function runPluginsLs(flags: { format: string }): Promise<void> {
  const format = parseListFormat(flags.format);
  const plugins = await withHost(allPlugins);
  if (format === "table") printPlugins(plugins);
  else print(plugins.map((plugin) => jsonLine(pluginJson(plugin))).join(""));
}
