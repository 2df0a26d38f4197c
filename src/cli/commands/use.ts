import type { SlipwayCommand } from "../slipway-command.js";

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
      const { runUse } = await import("../builders/run-use.js");
      await runUse(name, flags);
    });
}
