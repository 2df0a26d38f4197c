import { timestampDate } from "@bufbuild/protobuf/wkt";
import { type Plugin, PluginState } from "../../gen/slipway/v1/plugin_pb.js";
import { print } from "../output/print.js";
import { table } from "../output/table.js";

/** Prints plugins as a table, and below it the problems of plugins. */
export function printPlugins(plugins: readonly Plugin[]): void {
  print(pluginsTable(plugins) + plugins.map(problemOf).join(""));
}

function pluginsTable(plugins: readonly Plugin[]): string {
  const rows = plugins.map((plugin) => [
    plugin.name,
    plugin.version,
    stateName(plugin),
    plugin.pid ? String(plugin.pid) : "",
    String(plugin.restartCount),
    [...plugin.drivers, ...plugin.policyLanguages.map((language) => `policies in ${language}`)].join(", "),
    plugin.address || plugin.path,
  ]);
  return table(["NAME", "VERSION", "STATE", "PID", "RESTARTS", "DRIVERS", "PATH"], rows);
}

/**
 * The reason and the last lines of an unusable plugin; for a usable one, which of its drivers come from another plugin;
 * empty if there is no problem.
 */
function problemOf(plugin: Plugin): string {
  if (!plugin.message) return "";
  const isUsable = plugin.state === PluginState.IDLE || plugin.state === PluginState.RUNNING;
  if (isUsable) return `\n${plugin.name}: ${plugin.message}\n`;
  const lines = plugin.lastLines.map((line) => `  | ${line}\n`);
  if (plugin.state === PluginState.DISABLED)
    lines.push(`Enable it with \`slipway plugins enable ${plugin.name}\`.\n`);
  return `\n${plugin.name} is ${stateName(plugin)}: ${plugin.message}\n${lines.join("")}`;
}

/** The state in lower case: "running". */
function stateName({ state }: Plugin): string {
  return PluginState[state].toLowerCase();
}

/** A plugin in the CLI's JSON. */
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
    Reason: plugin.message,
    LastLines: plugin.lastLines,
    Drivers: plugin.drivers,
    PolicyLanguages: plugin.policyLanguages.length > 0 ? plugin.policyLanguages : undefined,
    Pid: plugin.pid || undefined,
    Restarts: plugin.restartCount,
    Installation: installation && {
      Source: installation.source,
      Digest: installation.digest,
      Time: installation.installTime && timestampDate(installation.installTime).toISOString(),
    },
  };
}
