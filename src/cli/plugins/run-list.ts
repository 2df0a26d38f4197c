import { InputError } from "../../errors/input-error.js";
import { withHost } from "../host.js";
import { jsonLine, parseListFormat } from "../output/format.js";
import { pluginJson, pluginsTable, troubleOf } from "./plugin-output.js";

/** `slipway plugins`: every plugin that was found, with the reason of one that cannot be used. */
export async function runListPlugins(flags: { format: string }): Promise<void> {
  const format = parseListFormat(flags.format);
  const { plugins } = await withHost((host) => host.drivers.listPlugins({}));
  if (format === "json") {
    process.stdout.write(plugins.map((plugin) => jsonLine(pluginJson(plugin))).join(""));
    return;
  }
  process.stdout.write(pluginsTable(plugins) + plugins.map(troubleOf).join(""));
}

/** `slipway plugins inspect NAME` */
export async function runInspectPlugin(name: string): Promise<void> {
  const { plugins } = await withHost((host) => host.drivers.listPlugins({}));
  const found = plugins.filter((plugin) => plugin.name === name);
  if (found.length === 0) {
    const known = plugins.map((plugin) => plugin.name).join(", ");
    throw new InputError({
      reason: "PLUGIN_UNKNOWN",
      field: "name",
      message: `there is no plugin ${JSON.stringify(name)}`,
      remedy: `there are ${known || "none"}`,
    });
  }
  process.stdout.write(`${JSON.stringify(found.map(pluginJson), null, 2)}\n`);
}
