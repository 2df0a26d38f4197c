import { type Plugin, PluginState } from "../../gen/slipway/v1/driver_pb.js";
import { withHost } from "../host.js";
import { jsonLine, parseListFormat } from "../output/format.js";
import { table } from "../output/table.js";

/** `slipway plugins`: every plugin that was found, with the reason of one that cannot be used. */
export async function runPlugins(flags: { format: string }): Promise<void> {
  const format = parseListFormat(flags.format);
  const { plugins } = await withHost((host) => host.drivers.listPlugins({}));
  if (format === "json") {
    process.stdout.write(plugins.map((plugin) => jsonLine(pluginJson(plugin))).join(""));
    return;
  }
  process.stdout.write(pluginsTable(plugins) + plugins.map(troubleOf).join(""));
}

/** `slipway plugins restart NAME` */
export async function runRestartPlugin(name: string): Promise<void> {
  const { plugin } = await withHost((host) => host.drivers.restartPlugin({ name }));
  process.stdout.write(pluginsTable([plugin!]) + troubleOf(plugin!));
}

function pluginsTable(plugins: readonly Plugin[]): string {
  const rows = plugins.map((plugin) => [
    plugin.name,
    plugin.version,
    stateName(plugin),
    plugin.pid ? String(plugin.pid) : "",
    String(plugin.restarts),
    plugin.drivers.join(", "),
    plugin.path,
  ]);
  return table(["NAME", "VERSION", "STATE", "PID", "RESTARTS", "DRIVERS", "PATH"], rows);
}

/** The reason and the last lines of a plugin that is not as it should be. */
function troubleOf(plugin: Plugin): string {
  const isFine = plugin.state === PluginState.IDLE || plugin.state === PluginState.RUNNING;
  if (isFine || !plugin.reason) return "";
  const lines = plugin.lastLines.map((line) => `  | ${line}\n`);
  return `\n${plugin.name} is ${stateName(plugin)}: ${plugin.reason}\n${lines.join("")}`;
}

function stateName({ state }: Plugin): string {
  return PluginState[state].toLowerCase();
}

function pluginJson(plugin: Plugin): object {
  return {
    Name: plugin.name,
    Version: plugin.version,
    Path: plugin.path,
    State: stateName(plugin),
    Reason: plugin.reason,
    LastLines: plugin.lastLines,
    Drivers: plugin.drivers,
    Pid: plugin.pid || undefined,
    Restarts: plugin.restarts,
  };
}
