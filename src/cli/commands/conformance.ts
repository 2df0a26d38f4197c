import type { ConformanceFlags } from "../conformance/run-conformance.js";
import type { SlipwayCommand } from "../slipway-command.js";

const examples = `
A plugin is a command, or a folder with slipway-plugin.json. Checks of the life cycle need a backend: --config names a
file with a node's configuration, {"config": {"endpoint": "…", "options": {…}}, "environment": {…}}.

Examples:
  slipway conformance -- ./my-driver --serve
  slipway conformance --config node.json --junit report.xml -- ./my-plugin-folder`;

/** `slipway conformance` */
export function addConformanceCommand(program: SlipwayCommand): void {
  const command = program
    .command("conformance")
    .argument("<command...>", "the plugin's command, after --")
    .summary("check a driver plugin")
    .description(
      "Checks a plugin against the driver protocol. Exit code 1 if a rule is not kept; see docs/conformance.md.",
    ) as SlipwayCommand;
  command
    .option("--config <file>", "a node's configuration, for the checks that need a backend")
    .option("--driver <name>", "driver to check (default: the plugin's first one)")
    .option("--json", "print the report as JSON")
    .option("--junit <file>", "write the report as JUnit XML, too")
    .list("--only <id>", "check to run; can be given more than once")
    .addHelpText("after", examples)
    .action(async (plugin: string[], flags: ConformanceFlags) => {
      const { runConformanceCommand } = await import("../conformance/run-conformance.js");
      await runConformanceCommand(plugin, flags);
    });
}
