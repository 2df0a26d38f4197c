import { hiddenFlag, type SlipwayCommand } from "../slipway-command.js";
import { parseDuration } from "../values/parse-duration.js";

/** As in buildx. */
const timeout = 20_000;

/** `slipway create` */
export function addCreateCommand(program: SlipwayCommand): void {
  const command = program
    .command("create")
    .argument(
      "[endpoint]",
      "where the node is, in the driver's terms, such as a docker context or tcp://host:port",
    )
    .summary("create a builder")
    .description(
      "Creates a builder of a driver, or adds, changes and removes its nodes, and prints its name. The options of a " +
        "driver: slipway drivers NAME",
    ) as SlipwayCommand;
  command
    .option("--append", "add a node to the builder, or change the one of that name")
    .option("--bootstrap", "make it run; if that fails nothing is created or changed")
    .option(
      "--buildkitd-config <path>",
      "configuration for buildkitd; certificates that its registry blocks name are sent along",
    )
    .addOption(hiddenFlag("--config <path>"))
    .option("--buildkitd-flags <flags>", "flags for buildkitd")
    .option("--driver <name>", "driver (default: the one that fits best)")
    .list("--driver-opt <key=value>", "options of the driver, separated by commas")
    .option("-f, --force", "with --leave: even if what the node created cannot be removed")
    .option("--leave", "remove a node from the builder")
    .option("--name <name>", "name of the builder")
    .option("--node <name>", "name of the node")
    .list("--platform <os/arch>", "platforms to pin to the node, separated by commas")
    .option(
      "--timeout <duration>",
      "how long to wait for an answer; booting takes as long as it takes",
      parseDuration,
    )
    .option("--use", "make it the current builder")
    .addHelpText(
      "after",
      "\nExamples:\n  slipway create --name mybuilder --driver docker-container --use" +
        "\n  slipway create --name mybuilder --append --platform linux/arm64 ssh://arm.example.com" +
        "\n  slipway create --name mybuilder --leave --node mybuilder1",
    )
    .action(async (endpoint: string | undefined) => {
      const { runCreate } = await import("../builders/run-create.js");
      const { config, ...flags } = command.optsWithGlobals();
      await runCreate(endpoint, { timeout, buildkitdConfig: config, ...flags });
    });
}

/** `slipway use` */
export function addUseCommand(program: SlipwayCommand): void {
  program
    .command("use")
    .argument("<name>")
    .summary("set the current builder")
    .description(
      "Makes a builder the one that is used when none is named, as long as the same docker context or host is selected.",
    )
    .option("--default", "the same: a choice is kept for each docker context")
    .option("--global", "for all docker contexts that have none of their own")
    .addHelpText("after", "\nExample:\n  slipway use mybuilder")
    .action(async (name: string, flags) => {
      const { runUse } = await import("../builders/run-manage.js");
      await runUse(name, flags);
    });
}

/** `slipway stop` */
export function addStopCommand(program: SlipwayCommand): void {
  const command = program
    .command("stop")
    .argument("[name]", "builder (default: the current one)")
    .summary("stop a builder")
    .description("Stops all nodes of a builder and keeps their state.")
    .addHelpText("after", "\nExample:\n  slipway stop mybuilder")
    .action(async (name: string | undefined) => {
      const { runStop } = await import("../builders/run-manage.js");
      await runStop(name ?? command.optsWithGlobals().builder ?? "");
    });
}

/** `slipway rm` */
export function addRmCommand(program: SlipwayCommand): void {
  const command = program
    .command("rm")
    .argument("[name...]", "builders (default: the current one)")
    .summary("remove builders")
    .description(
      "Removes builders and what their nodes created. A builder stays when one of its nodes cannot be removed.",
    )
    .option("--all-inactive", "remove all builders that do not run")
    .option("-f, --force", "do not ask, and forget a builder even if a node cannot be removed")
    .option("--keep-daemon", "leave the daemon running")
    .option("--keep-state", "keep the build cache for a builder of the same name")
    .option("--timeout <duration>", "how long to wait for a node", parseDuration)
    .addHelpText(
      "after",
      "\nExamples:\n  slipway rm mybuilder --keep-state\n  slipway rm --all-inactive --force",
    )
    .action(async (names: string[]) => {
      const { runRm } = await import("../builders/run-rm.js");
      const flags = command.optsWithGlobals();
      await runRm(names, { timeout, ...flags });
    });
}

/** `slipway dial-stdio` */
export function addDialStdioCommand(program: SlipwayCommand): void {
  const command = program
    .command("dial-stdio")
    .summary("connect stdin and stdout to a builder's BuildKit")
    .description(
      "Carries the bytes of one connection to BuildKit on stdin and stdout, for tools that speak its protocol.",
    )
    .option("--platform <os/arch>", "platform by which the node is chosen")
    .option("--progress <mode>", "how a boot is shown on stderr: auto, plain, tty, rawjson or none", "none")
    .addHelpText("after", "\nExample:\n  slipway dial-stdio --builder mybuilder --platform linux/arm64")
    .action(async () => {
      const { runDialStdio } = await import("../builders/run-dial-stdio.js");
      await runDialStdio(command.optsWithGlobals());
    });
}
