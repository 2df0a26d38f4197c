import { hiddenFlag, type SlipwayCommand } from "../slipway-command.js";
import { parseDuration } from "../values/parse-duration.js";
import { defaultTimeoutMs, timeoutFlag } from "./node-timeout.js";

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
    );
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
    .option(timeoutFlag, "how long to wait for an answer; booting takes as long as it takes", parseDuration)
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
      await runCreate(endpoint, { timeout: defaultTimeoutMs, buildkitdConfig: config, ...flags });
    });
}
