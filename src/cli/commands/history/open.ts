import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway history open` */
export function addHistoryOpenCommand(history: SlipwayCommand): void {
  const command = history
    .command("open")
    .argument("[ref]")
    .description("Opens a build in Docker Desktop.")
    .addHelpText("after", "\nExample:\n  slipway history open")
    .action(async (ref: string | undefined) => {
      const { runHistoryOpen } = await import("../../history/run-open.js");
      await runHistoryOpen(ref, command.optsWithGlobals());
    });
}
