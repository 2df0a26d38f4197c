import { CommanderError } from "commander";
import type { ConformanceFlags, DriverFlags } from "../conformance/flags.js";
import type { SlipwayCommand } from "../slipway-command.js";

const exitCodes = `
Exit codes:
  0  every rule that was checked is kept
  1  a rule is violated, or the program cannot be started
  2  the command line is invalid; nothing was checked
`;

const examples = `
Examples:
  slipway conformance -- ./my-driver --serve
  slipway conformance client -- ./my-client
  slipway conformance client --list`;

const moreOnDrivers = `
A plugin is a command, or a folder with slipway-plugin.json. Lifecycle checks
need a backend: --config names a file with a node's configuration,
{"config": {"endpoint": "…", "options": {…}}, "environment": {…}}. A field
"unreachable" with the same two fields describes a backend that does not answer;
without it, the kit may find one. A field "earlier" lists configurations of
earlier versions of the driver, [{"version": 1, "config": {…}}].

--attach checks a plugin that its author runs with SLIPWAY_PLUGIN_DEBUG=1, for
example in a debugger. Checks of the start, the end and the output of a process
are skipped then.

Results:
  ✓ passed   ✗ failed   ! a SHOULD is violated   – does not apply
  · needs --config
${exitCodes}
Examples:
  slipway conformance -- ./my-driver --serve
  slipway conformance --config node.json --junit report.xml -- ./my-plugin
  slipway conformance --attach plugin.json --only DRV-VALIDATE-UNKNOWN
  slipway conformance --list`;

const moreOnClients = `
The program reads one task as JSON from stdin and prints what happens as lines
of JSON. docs/conformance.md describes both, and has programs for our clients.
The kit starts it for each check, with the environment variables that select a
scripted host.

Results:
  ✓ passed   ✗ failed   ! a SHOULD is violated
  – not offered by the client, or not possible on this machine
${exitCodes}
Examples:
  slipway conformance client -- ./my-client
  slipway conformance client --only CLI-START-RETRY -- python3 client.py`;

/** `slipway conformance` */
export function addConformanceCommand(program: SlipwayCommand): void {
  const group = program
    .command("conformance")
    .summary("check a driver plugin or a client")
    .description(
      "Checks a plugin or a client against its protocol, rule by rule. Without `driver` or `client` it checks a plugin. See docs/conformance.md.",
    )
    .addHelpText("after", examples);

  withReports(group.command("driver [command...]", { isDefault: true }))
    .summary("check a driver plugin")
    .description(
      "Checks a plugin against the driver protocol, rule by rule. The command after -- starts the plugin. Exits with 1 if a rule is violated. See docs/conformance.md.",
    )
    .option("--attach <information>", "check a plugin that runs: what it printed, a file with it, or -")
    .option("--config <file>", "configuration of a node, for checks that need a backend")
    .option("--driver <name>", "driver to check (default: the plugin's first one)")
    .addHelpText("after", moreOnDrivers)
    .action(async (command: string[], flags: DriverFlags) => {
      const { checkDriver } = await import("../conformance/check-driver.js");
      await checkDriver(command, flags);
    });

  withReports(group.command("client [command...]"))
    .summary("check a client")
    .description(
      "Checks a client against the rules of the client protocol with a scripted host. The command after -- starts the client. Exits with 1 if a rule is violated. See docs/conformance.md.",
    )
    .addHelpText("after", moreOnClients)
    .action(async (command: string[], flags: ConformanceFlags) => {
      const { checkClient } = await import("../conformance/check-client.js");
      await checkClient(command, flags);
    });
}

/** Adds the flags that both kits have. */
function withReports(command: SlipwayCommand): SlipwayCommand {
  return (
    command
      .option("--json", "print the report as JSON")
      .option("--junit <file>", "also write the report as JUnit XML")
      .option("--list", "list the checks without running them")
      .list("--only <id>", "check to run; repeatable")
      // Exit code 1 means that a rule is violated.
      .exitOverride((error) => {
        throw new CommanderError(error.exitCode && 2, error.code, error.message);
      })
  );
}
