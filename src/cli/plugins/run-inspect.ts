import { InputError } from "../../errors/input-error.js";
import { withHost } from "../host.js";
import { allPlugins } from "../list-all.js";
import { print } from "../output/print.js";
import { pluginJson } from "./plugin-output.js";

/** `slipway plugins inspect NAME` */
export async function runPluginsInspect(name: string): Promise<void> {
  const plugins = await withHost(allPlugins);
  const found = plugins.filter((plugin) => plugin.name === name);
  if (found.length === 0) {
    const known = plugins.map((plugin) => plugin.name).join(", ");
    throw new InputError({
      reason: "PLUGIN_UNKNOWN",
      field: "name",
      message: `There is no plugin ${JSON.stringify(name)}.`,
      remedy: `Known plugins: ${known || "none"}.`,
    });
  }
  print(`${JSON.stringify(found.map(pluginJson), null, 2)}\n`);
}
