import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway history rm` */
export function addHistoryRmCommand(history: SlipwayCommand): void {
  const command = history
    .command("rm")
    .argument("[ref...]")
    .description("Removes build records.")
    .option("--all", "remove all records of the builder")
    .addHelpText("after", "\nExample:\n  slipway history rm --all")
    .action(async (refs: string[]) => {
      const { runHistoryRm } = await import("../../history/run-rm.js");
      await runHistoryRm(refs, command.optsWithGlobals());
    });
}
