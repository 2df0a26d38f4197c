import type { SlipwayCommand } from "../slipway-command.js";
import { parseDuration } from "../values/parse-duration.js";
import { defaultTimeoutMs, timeoutFlag } from "./node-timeout.js";

/** `slipway update` */
export function addUpdateCommand(program: SlipwayCommand): void {
  const command = program
    .command("update")
    .argument("[name]", "name of the builder (default: the current one)")
    .summary("change settings of a node")
    .description(
      "Changes single settings of a builder's node, keeps all others, and prints the builder's name. The next build or " +
        "boot applies them to a node that runs.",
    );
  command
    .option("--buildkitd-config <path>", 'configuration for buildkitd, as in create; "" removes it')
    .option("--buildkitd-flags <flags>", 'flags for buildkitd; "" removes them')
    .list(
      "--driver-opt <key=value>",
      "options of the driver, separated by commas; key- removes an option, which then has its default",
    )
    .option("--endpoint <endpoint>", 'address of the node; "" for the default')
    .option("--node <name>", "name of the node; needed when there are several")
    .list("--platform <os/arch>", 'platforms to pin to the node, separated by commas; "" for none')
    .option(timeoutFlag, "time limit for an answer", parseDuration)
    .addHelpText(
      "after",
      "\nExamples:\n  slipway update mybuilder --driver-opt memory=4g" +
        "\n  slipway update mybuilder --node mybuilder1 --platform linux/arm64",
    )
    .action(async (name: string | undefined) => {
      const { runUpdate } = await import("../builders/run-update.js");
      const { timeout = defaultTimeoutMs, ...flags } = command.optsWithGlobals();
      await runUpdate(name, { timeout, ...flags });
    });
}
