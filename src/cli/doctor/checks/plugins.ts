import { type Plugin, PluginState } from "../../../gen/slipway/v1/plugin_pb.js";
import { type Finding, ok, problem, warning } from "../../../host/diagnosis/finding.js";
import { withPeriod } from "../../../util/with-period.js";
import { allDrivers, allPlugins } from "../../list-all.js";
import { askHost, type DoctorCheck } from "../doctor-check.js";

/** All plugins start, and their drivers answer. */
export const plugins: DoctorCheck = {
  id: "plugins",
  group: "Plugins",
  run: (context) =>
    askHost(context, "The start of plugins", async (host) => {
      // Starts the plugins whose drivers are not known yet.
      const drivers = await allDrivers(host);
      const listed = await allPlugins(host);
      const findings = listed.flatMap(findingOf);
      if (drivers.length === 0)
        findings.push(problem("No plugin offers a driver.", "Install Slipway again."));
      return findings;
    }),
};

/** What a plugin's state means. */
export function findingOf(plugin: Plugin): Finding[] {
  const { name, version, state, reason, message, drivers, lastLines } = plugin;
  switch (state) {
    case PluginState.IDLE:
    case PluginState.STARTING:
    case PluginState.RUNNING: {
      if (message)
        return [
          { ...warning(withPeriod(`The plugin ${name} ${version} is only partly used: ${message}`)), reason },
        ];
      return [ok(`The plugin ${name} ${version} offers ${drivers.join(", ")}.`)];
    }
    case PluginState.ATTACHED:
      return [
        warning(`The plugin ${name} ${version} is attached: its author runs it as process ${plugin.pid}.`),
      ];
    case PluginState.DISABLED:
      return [ok(`The plugin ${name} ${version} is disabled.`)];
    case PluginState.SHADOWED:
      return [
        {
          ...warning(withPeriod(`The plugin ${name} ${version} in ${plugin.path} is not used: ${message}`)),
          reason,
        },
      ];
    default: {
      const last = lastLines.at(-1);
      const text = withPeriod(
        `The plugin ${name} cannot be used: ${message}${last ? ` (last line: ${last})` : ""}`,
      );
      const remedy = `See \`slipway plugins\`, then try again: slipway plugins restart ${name}`;
      return [{ ...problem(text, remedy), reason }];
    }
  }
}
