import { CommanderError } from "commander";
import type { ConformanceFlags } from "../conformance/run-conformance.js";
import type { SlipwayCommand } from "../slipway-command.js";

const more = `
A plugin is a command, or a folder with slipway-plugin.json. Lifecycle checks need a backend: --config names a file with
a node's configuration, {"config": {"endpoint": "…", "options": {…}}, "environment": {…}}. A field "unreachable" with the
same two fields describes a backend that does not answer; without it, the kit may find one.

Results:
  ✓ passed   ✗ failed   ! a SHOULD is violated   – not offered by the driver   · needs --config

Exit codes:
  0  the plugin complies with every rule that was checked
  1  a rule is violated, or the plugin cannot be started
  2  the command line is invalid; nothing was checked

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
      "Checks a plugin against the driver protocol, rule by rule. Exits with 1 if a rule is violated. See docs/conformance.md.",
    );
  command
    .option("--config <file>", "configuration of a node, for checks that need a backend")
    .option("--driver <name>", "driver to check (default: the plugin's first one)")
    .option("--json", "print the report as JSON")
    .option("--junit <file>", "also write the report as JUnit XML")
    .option("--list", "list the checks without running them")
    .list("--only <id>", "check to run; repeatable")
    .addHelpText("after", more)
    // Exit code 1 means that a rule is violated.
    .exitOverride((error) => {
      throw new CommanderError(error.exitCode && 2, error.code, error.message);
    })
    .action(async (plugin: string[], flags: ConformanceFlags) => {
      const { runConformanceCommand } = await import("../conformance/run-conformance.js");
      await runConformanceCommand(plugin, flags);
    });
}
