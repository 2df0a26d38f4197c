import { hiddenFlag, type SlipwayCommand } from "../slipway-command.js";
import { parseDuration } from "../values/parse-duration.js";
import { wholeNumber } from "../values/whole-number.js";
import { defaultTimeoutMs, timeoutFlag } from "./node-timeout.js";

/** `slipway create` */
export function addCreateCommand(program: SlipwayCommand): void {
  const command = program
    .command("create")
    .argument("[endpoint]", "address of the node, such as a docker context or tcp://host:port")
    .summary("create a builder")
    .description(
      "Creates a builder, or adds, changes or removes one of its nodes, and prints the builder's name. " +
        "For the options of a driver, see: slipway drivers NAME",
    );
  command
    .option("--append", "add a node to the builder, or change an existing node")
    .option("--bootstrap", "start it; if that fails, nothing is created or changed")
    .option(
      "--buildkitd-config <path>",
      "configuration for buildkitd; the certificates that it names for registries are included",
    )
    .addOption(hiddenFlag("--config <path>"))
    .option("--buildkitd-flags <flags>", "flags for buildkitd")
    .option("--driver <name>", "driver (default: the best match)")
    .list("--driver-opt <key=value>", "options of the driver, separated by commas")
    .option("-f, --force", "with --leave: even if the node's resources cannot be removed")
    .option("--leave", "remove a node from the builder")
    .option(
      "--max-running-builds <number>",
      "how many builds of a new builder run at the same time; others wait",
      wholeNumber(1, 999_999),
    )
    .option("--name <name>", "name of the builder")
    .option("--node <name>", "name of the node")
    .list("--platform <os/arch>", "platforms to pin to the node, separated by commas")
    .option(timeoutFlag, "time limit for an answer; booting has no limit", parseDuration)
    .option("--untrusted", "a new builder is for builds of untrusted clients only, such as those of forks")
    .option("--use", "make it the current builder")
    .addHelpText(
      "after",
      "\nExamples:\n  slipway create --name mybuilder --driver docker-container --use" +
        "\n  slipway create --name mybuilder --append ssh://arm.example.com" +
        "\n  slipway create --name mybuilder --leave --node mybuilder1",
    )
    .action(async (endpoint: string | undefined) => {
      const { runCreate } = await import("../builders/run-create.js");
      const { config, ...flags } = command.optsWithGlobals();
      await runCreate(endpoint, { timeout: defaultTimeoutMs, buildkitdConfig: config, ...flags });
    });
}
