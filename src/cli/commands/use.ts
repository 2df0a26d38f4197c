import type { SlipwayCommand } from "../slipway-command.js";

/** `slipway use` */
export function addUseCommand(program: SlipwayCommand): void {
  program
    .command("use")
    .argument("<name>")
    .summary("set the current builder")
    .description(
      "Sets the builder that is used by default while the same docker context or host is selected.",
    )
    .option("--default", "the default behavior: the choice is kept for each docker context")
    .option("--global", "use it for all docker contexts without a choice")
    .addHelpText("after", "\nExample:\n  slipway use mybuilder")
    .action(async (name: string, flags) => {
      const { runUse } = await import("../builders/run-use.js");
      await runUse(name, flags);
    });
}
