import { Option } from "commander";
import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway policy eval` */
export function addPolicyEvalCommand(policy: SlipwayCommand): void {
  const command = policy
    .command("eval")
    .argument("<source>")
    .description(
      "Decides about a source as in a build: docker-image://NAME, a git or http URL, or a folder. Fails when the policy denies it.",
    )
    .list("--fields <fields>", "fields to look up for --print, separated by commas")
    .option(
      "-f, --file <name>",
      'the policy is in the file with this name and ".rego"; - for stdin',
      "Dockerfile",
    )
    .addOption(new Option("--filename <name>").hideHelp())
    .option("--platform <platform>", "platform of images (default: that of the builder)")
    .option("--print", "print what policies see of the source, in JSON, and decide nothing")
    .addHelpText(
      "after",
      "\nExample:\n  slipway policy eval --print --fields image.labels docker-image://alpine",
    )
    .action(async (source: string) => {
      const { runPolicyEval } = await import("../../policy/run-eval.js");
      await runPolicyEval(source, command.optsWithGlobals());
    });
}
