import { timestampDate } from "@bufbuild/protobuf/wkt";
import { type Plugin, PluginState } from "../../gen/slipway/v1/driver_pb.js";
import { table } from "../output/table.js";

/** Prints plugins as a table, with the reason of each that has trouble below. */
export function printPlugins(plugins: readonly Plugin[]): void {
  process.stdout.write(pluginsTable(plugins) + plugins.map(troubleOf).join(""));
}

function pluginsTable(plugins: readonly Plugin[]): string {
  const rows = plugins.map((plugin) => [
    plugin.name,
    plugin.version,
    stateName(plugin),
    plugin.pid ? String(plugin.pid) : "",
    String(plugin.restarts),
    plugin.drivers.join(", "),
    plugin.address || plugin.path,
  ]);
  return table(["NAME", "VERSION", "STATE", "PID", "RESTARTS", "DRIVERS", "PATH"], rows);
}

/**
 * The reason and the last lines of a plugin that is not as it should be, or which of the drivers of one that can be used
 * come from another; empty for one that is fine.
 */
function troubleOf(plugin: Plugin): string {
  if (!plugin.reason) return "";
  const isUsable = plugin.state === PluginState.IDLE || plugin.state === PluginState.RUNNING;
  if (isUsable) return `\n${plugin.name}: ${plugin.reason}\n`;
  const lines = plugin.lastLines.map((line) => `  | ${line}\n`);
  return `\n${plugin.name} is ${stateName(plugin)}: ${plugin.reason}\n${lines.join("")}`;
}

/** The state in lower case: "running". */
function stateName({ state }: Plugin): string {
  return PluginState[state].toLowerCase();
}

/** A plugin for programs. */
export function pluginJson(plugin: Plugin): object {
  const { installation } = plugin;
  return {
    Name: plugin.name,
    Version: plugin.version,
    Description: plugin.description || undefined,
    Homepage: plugin.homepage || undefined,
    License: plugin.license || undefined,
    Path: plugin.path,
    Address: plugin.address || undefined,
    State: stateName(plugin),
    Reason: plugin.reason,
    LastLines: plugin.lastLines,
    Drivers: plugin.drivers,
    Pid: plugin.pid || undefined,
    Restarts: plugin.restarts,
    Installation: installation && {
      Source: installation.source,
      Digest: `sha256:${installation.digest}`,
      Time: installation.installTime && timestampDate(installation.installTime).toISOString(),
    },
  };
}
