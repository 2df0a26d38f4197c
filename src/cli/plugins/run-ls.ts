import { withHost } from "../host.js";
import { jsonLine, parseListFormat } from "../output/format.js";
import { pluginJson, printPlugins } from "./plugin-output.js";

/** `slipway plugins`: lists all plugins, with the reasons of unusable ones. */
export async function runPluginsLs(flags: { format: string }): Promise<void> {
  const format = parseListFormat(flags.format);
  const { plugins } = await withHost((host) => host.drivers.listPlugins({}));
  if (format === "table") printPlugins(plugins);
  else process.stdout.write(plugins.map((plugin) => jsonLine(pluginJson(plugin))).join(""));
}
