import { CommanderError } from "commander";
import type { ConformanceFlags } from "../conformance/run-conformance.js";
import type { SlipwayCommand } from "../slipway-command.js";

const more = `
A plugin is a command, or a folder with slipway-plugin.json. Checks of the life cycle need a backend: --config names a
file with a node's configuration, {"config": {"endpoint": "…", "options": {…}}, "environment": {…}}. A field
"unreachable" with the same two fields names a backend that does not answer; the kit may find one by itself.

Results:
  ✓ passed   ✗ failed   ! a SHOULD that is not kept   – not what the driver offers   · not run without --config

Exit codes:
  0  every rule that was looked at is kept
  1  a rule is broken, or the plugin could not be started
  2  the command line is wrong; nothing was checked

Examples:
  slipway conformance -- ./my-driver --serve
  slipway conformance --config node.json --junit report.xml -- ./my-plugin-folder
  slipway conformance --list`;

/** `slipway conformance` */
export function addConformanceCommand(program: SlipwayCommand): void {
  const command = program
    .command("conformance")
    .argument("[command...]", "the plugin's command, after --")
    .summary("check a driver plugin")
    .description(
      "Checks a plugin against the driver protocol, rule by rule. Exit code 1 if a rule is broken; see docs/conformance.md.",
    );
  command
    .option("--config <file>", "a node's configuration, for the checks that need a backend")
    .option("--driver <name>", "driver to check (default: the plugin's first one)")
    .option("--json", "print the report as JSON")
    .option("--junit <file>", "write the report as JUnit XML, too")
    .option("--list", "name the checks, and run none")
    .list("--only <id>", "check to run; can be given more than once")
    .addHelpText("after", more)
    // 1 says that a rule is broken.
    .exitOverride((error) => {
      throw new CommanderError(error.exitCode && 2, error.code, error.message);
    })
    .action(async (plugin: string[], flags: ConformanceFlags) => {
      const { runConformanceCommand } = await import("../conformance/run-conformance.js");
      await runConformanceCommand(plugin, flags);
    });
}
